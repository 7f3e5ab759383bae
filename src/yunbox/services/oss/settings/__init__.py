"""What a bucket is told to do: documents that are checked, kept and obeyed."""
