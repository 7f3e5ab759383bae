"""A worked example of a service, ten operations in the vendor's RPC style: see docs/guide/adding-a-service.md."""
