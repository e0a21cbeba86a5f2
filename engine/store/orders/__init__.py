"""Orders as they are stored: what each came to, the list of them, and the calls that change them."""
