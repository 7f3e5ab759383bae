"""What Terraform's provider asks of a live server."""
