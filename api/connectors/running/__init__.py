"""Runs connectors: reads messages, takes over their rows, keeps the place, and puts aside what is bad."""
