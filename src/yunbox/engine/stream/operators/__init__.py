"""The steps that remember something: each takes batches and gives batches."""
