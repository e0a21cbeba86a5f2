"""The server process: what stands between sockets and the Flask application, and keeps slow callers from quick ones."""
