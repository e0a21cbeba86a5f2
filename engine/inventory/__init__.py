"""Stock, holds and resting nodes, as callers use them."""
