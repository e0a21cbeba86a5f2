"""GET /metrics: numbers for Prometheus, of all worker processes together."""
