"""What of OSS is HTTP and no operation: targets, claims, dialects, forms, routes, websites, origins."""
