"""Calls about the audit of the log."""
