"""What there is: projects, topics, their shards and the versions of their schemas, and who follows them."""
