"""Webhooks and the stream of events, as they are stored."""
