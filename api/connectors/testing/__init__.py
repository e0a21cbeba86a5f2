"""Tests of connectors: a sample beside each, and what the connector is to make of it."""
