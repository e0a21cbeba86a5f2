"""Orders that wait for stock, and the offers made to them, as the server stores them."""
