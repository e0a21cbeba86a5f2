"""Orders as they are stored: what each came to, their list, the calls that change them, and quotes to be taken up."""
