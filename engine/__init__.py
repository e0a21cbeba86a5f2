"""How a decision is made, stored and proved."""

__version__ = "0.1.0"
