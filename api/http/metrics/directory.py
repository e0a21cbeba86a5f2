"""Where the worker processes write the numbers that GET /metrics adds up."""

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""prometheus_client's, which it reads when it is imported: so this module does not import it."""
