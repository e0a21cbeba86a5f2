"""Sends what changed to other systems: records of events and stock, written in their formats, delivered once each."""
