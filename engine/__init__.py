"""How a decision is made, stored and proved."""
