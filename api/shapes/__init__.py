"""marshmallow fields and bases, and the shape of an order."""
