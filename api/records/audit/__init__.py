"""Answers to auditors."""
