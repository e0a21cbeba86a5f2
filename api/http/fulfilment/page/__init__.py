"""The page on which a customer sees where a parcel is."""
