"""Warnings: rules that can never act, overlaps, conditions that cannot hold."""
