"""DataHub: topics of records that producers put and consumers get, in the vendor's protocol."""
