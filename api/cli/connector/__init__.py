"""`pointsman connector`: checks, tests and runs connectors, and shows how they are."""
