"""What may be promised of a cart or a product before it is ordered: by when it arrives, at which cost and CO2e."""
