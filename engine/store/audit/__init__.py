"""What the store keeps for auditors: the sealed log, acts of people, and who read personal data."""
