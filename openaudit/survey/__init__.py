"""Many models: tables in and out, in batches over local processes or Ray."""
