"""DataHub's topics for Kafka's clients: a partition is a shard, an offset a sequence, a topic is ``project.topic``."""
