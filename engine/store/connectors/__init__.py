"""What is stored of connectors: how far each has come, what came before, and what was sent."""
