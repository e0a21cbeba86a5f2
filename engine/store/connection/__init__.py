"""Connections to Redis: the embedded server, one server, a cluster, Sentinels."""
