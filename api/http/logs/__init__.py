"""The service's log on stderr: one line an event, JSON for programs or text for people. It has no secrets, and nothing
of customers but the ids of their orders.
"""
