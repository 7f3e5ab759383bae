"""Objects: read, written, copied, put together of parts, asked, and what hangs on them."""
