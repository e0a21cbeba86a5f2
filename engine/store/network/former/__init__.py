"""The networks that were loaded before, as far as decisions were made on them."""
