"""Reads the rows of what other systems send, and writes what they read: CSV, JSON, XML, workbooks, EDI, flat files."""
