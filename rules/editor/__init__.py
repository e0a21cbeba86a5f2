"""The JSON Schema that editors judge policy files by."""
