"""Topics of Kafka as tables, at any broker."""
