"""MaxCompute's management API (MaxCompute 2022-01-04): the projects of the account, by OpenAPI."""
