"""What the sale of one unit earns: a share of its price by category. The shares are invented."""

from assortment import Product
from dice import Dice

SHARES = {
    "textile": 0.52,
    "shoes": 0.46,
    "home": 0.44,
    "furniture": 0.38,
    "toys": 0.34,
    "beauty": 0.48,
    "electronics": 0.18,
    "garden": 0.36,
}
END_OF_LINE = 0.5  # what marking down leaves of the share


def margin_cents(seed: int, products: list[Product]) -> dict[str, int]:
    """By SKU. Of a stream of its own, so that the rest of the data is the same with margins and without."""
    dice = Dice(seed, "margins")
    return {product.sku: int(product.cents * _share(product) * dice.between(0.85, 1.15)) for product in products}


def _share(product: Product) -> float:
    share = SHARES[product.category]
    return share * END_OF_LINE if product.lifecycle == "end_of_line" else share
