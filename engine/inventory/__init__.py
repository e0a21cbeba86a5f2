"""Stock, holds and node rests, as callers see and change them."""
