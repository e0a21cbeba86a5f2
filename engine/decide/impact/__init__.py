"""What rules and other orders changed about a decision."""
