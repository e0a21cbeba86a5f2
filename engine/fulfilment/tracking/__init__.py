"""Where parcels are: events of carriers, and what follows from them."""
