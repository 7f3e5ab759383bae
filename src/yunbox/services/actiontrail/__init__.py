"""ActionTrail: the audit trail by the vendor's own API."""
