"""What comes before an order: what its cart may be promised, and that it takes such a quote up."""
