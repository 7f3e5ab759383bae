"""What reaches beyond this machine. Each part is an optional extra, and only the composition root plugs it in."""
