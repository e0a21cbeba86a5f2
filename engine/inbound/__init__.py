"""What is expected to come in: announced, received, late, and how many units of it may be promised."""
