"""The shapes of HTTP requests and answers."""
