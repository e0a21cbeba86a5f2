"""Requests over HTTP, as far as several workers have to know of them: which were answered how, and
how many each caller made.
"""
