"""The life of a return: authorised, received, inspected, and what becomes of each unit."""
