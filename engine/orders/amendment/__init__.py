"""Amendments: an order becomes another one, and keeps what is still right."""
