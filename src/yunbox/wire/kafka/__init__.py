"""Kafka's protocol: its messages, whose schemas are kio's, and batches of records."""
