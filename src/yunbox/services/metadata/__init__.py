"""The metadata server of an ECS instance: who one is, and credentials that rotate by themselves."""
