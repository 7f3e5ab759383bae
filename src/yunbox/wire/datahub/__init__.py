"""DataHub's protocol: signatures, frames, records in their three forms, and what a schema says of them."""
