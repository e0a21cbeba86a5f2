"""What is read from files: a network folder, stock counts, policies and orders."""
