"""The vendor's operations by area. Sources: the vendor's "API reference", the Python SDK 6.4 and the Go SDK."""

AREAS = {
    "Tables": "CreateTable DescribeTable ListTable UpdateTable DeleteTable ComputeSplitPointsBySize AddDefinedColumn "
    "DeleteDefinedColumn",
    "Single rows": "GetRow PutRow UpdateRow DeleteRow",
    "Many rows": "BatchGetRow BatchWriteRow GetRange BulkImport BulkExport",
    "Local transactions": "StartLocalTransaction CommitTransaction AbortTransaction",
    "Indexes": "CreateIndex DropIndex CreateSearchIndex UpdateSearchIndex DescribeSearchIndex ListSearchIndex "
    "DeleteSearchIndex Search ComputeSplits ParallelScan",
    "SQL": "SQLQuery",
    "Streams": "ListStream DescribeStream GetShardIterator GetStreamRecord",
    "Tunnels": "CreateTunnel DeleteTunnel ListTunnel DescribeTunnel",
    "Data delivery": "CreateDeliveryTask DeleteDeliveryTask UpdateDeliveryTask DescribeDeliveryTask ListDeliveryTask",
    "Time series": "CreateTimeseriesTable ListTimeseriesTable DescribeTimeseriesTable UpdateTimeseriesTable "
    "DeleteTimeseriesTable PutTimeseriesData GetTimeseriesData QueryTimeseriesMeta UpdateTimeseriesMeta "
    "DeleteTimeseriesMeta CreateTimeseriesAnalyticalStore UpdateTimeseriesAnalyticalStore "
    "DescribeTimeseriesAnalyticalStore DeleteTimeseriesAnalyticalStore CreateTimeseriesLastpointIndex "
    "DeleteTimeseriesLastpointIndex",
}
OPERATIONS = frozenset(name for names in AREAS.values() for name in names.split())
