"""`pointsman order`: orders as they stand, and the calls that change them."""
