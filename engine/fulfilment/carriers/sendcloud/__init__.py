"""Sendcloud: carriers of Europe behind one API (https://sendcloud.dev)."""
