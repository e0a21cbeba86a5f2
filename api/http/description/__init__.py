"""What the service says of itself: GET /openapi.json for programs, GET /docs for people."""
