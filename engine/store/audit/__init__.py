"""What the store keeps for auditors: acts of people, and who read personal data."""
