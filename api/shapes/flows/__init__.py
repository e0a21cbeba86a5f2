"""Requests about stock in motion, checked in shape."""
