"""Why an order ships as it does and not otherwise: figures first, then sentences made of them."""
