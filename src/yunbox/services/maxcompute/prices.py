"""What MaxCompute charges for, by the price book's names."""

SCAN = "maxcompute.sql.scan"
EXTERNAL = "maxcompute.sql.external"
UPLOAD = "maxcompute.tunnel.upload"
DOWNLOAD = "maxcompute.tunnel.download"
