"""RAM and STS: users, groups, roles and policies, and temporary credentials for roles."""
