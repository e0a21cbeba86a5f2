"""Events of parcels: packed, handed over, and where they are."""
