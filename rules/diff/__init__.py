"""What differs between two policy sets, by meaning."""
