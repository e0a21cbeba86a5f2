"""The shapes of HTTP requests: bodies and queries, checked and read into values of the engine."""
