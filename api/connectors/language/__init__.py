"""The language of connectors/*.yaml: what a file says, its mistakes by line, and the JSON Schema for editors."""
