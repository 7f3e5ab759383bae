"""Who follows a topic: subscriptions, how far they are, and the consumers that share one."""
