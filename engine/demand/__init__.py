"""How much of an article sells where: given or learnt paces, and what follows from them."""
