"""What there is to send, one kind a file: records of ours, as JSON, from which connectors pick their fields."""
