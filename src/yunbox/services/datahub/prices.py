"""What DataHub charges, by the price book's names. Source: help.aliyun.com/document_detail/158924, "Pricing"."""

READS = "datahub.request.read"
WRITES = "datahub.request.write"
READ = "datahub.traffic.read"
WRITTEN = "datahub.traffic.write"
STORED = "datahub.storage"
SHARDS = "datahub.shard"
GROUP = "datahub://"
