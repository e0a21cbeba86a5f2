"""Answers as JSON values, shared by HTTP and the command line."""
