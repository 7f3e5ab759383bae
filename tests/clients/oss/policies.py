"""What several tests say in bucket policies."""

NO_VPC = {"StringNotLike": {"acs:SourceVpc": ["vpc-*"]}}
"""Without it the vendor refuses a condition on acs:SourceIp (0030-00000008)."""
