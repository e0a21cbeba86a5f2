"""The 500 products: eight categories of a general retailer, with invented brands."""

import math
from dataclasses import dataclass

from dice import Dice, Weighted

# category: SKU prefix, count, brands (for those that dropship: the last one is the supplier's), supplier
CATEGORIES = {
    "textile": ("TXT", 110, ("Atelier Garance", "Nordet", "Petit Cap", "Lin & Laine"), None),
    "shoes": ("SHO", 60, ("Nordet", "Pas de Deux", "Sentier Vif"), None),
    "home": ("HOM", 80, ("Maison Tilleul", "Clair Logis", "Porcelaines du Limousin"), "sup-limoges"),
    "furniture": ("FUR", 40, ("Maison Tilleul", "Ébénisterie des Mauges"), "sup-cholet"),
    "toys": ("TOY", 60, ("Pirouette", "Les Curieux", "Jouets du Haut-Bugey"), "sup-oyonnax"),
    "beauty": ("BEA", 60, ("Fleur de Sel", "Rosée", "Botanica Midi"), None),
    "electronics": ("ELE", 50, ("Lumio", "Ondes Claires", "Voltaire & Fils"), None),
    "garden": ("GAR", 40, ("Vert Pré", "Pépinières du Maine"), "sup-angers"),
}

# category: name, weight of one in grams, price in cents, tags; "hazmat" marks the flag
KINDS = {
    "textile": (
        ("Pull col rond laine", 420, 4990, "gift"),
        ("Chemise oxford", 280, 3990, ""),
        ("T-shirt coton bio", 170, 1490, ""),
        ("Jean droit", 640, 4990, ""),
        ("Robe midi", 360, 5990, ""),
        ("Manteau drap de laine", 1450, 14900, ""),
        ("Écharpe cachemire", 180, 6990, "gift"),
        ("Pyjama flanelle", 520, 3490, "gift"),
        ("Doudoune légère", 480, 7990, ""),
        ("Chaussettes lot de 5", 240, 1290, ""),
        ("Bonnet côtelé", 90, 1590, "gift"),
    ),
    "shoes": (
        ("Baskets cuir", 880, 7990, ""),
        ("Bottines chelsea", 1150, 9990, ""),
        ("Chaussons feutre", 380, 2490, "gift"),
        ("Chaussures de marche", 1240, 8990, ""),
        ("Derbies", 960, 8990, ""),
        ("Bottes de pluie", 1380, 3990, ""),
    ),
    "home": (
        ("Bougie parfumée", 420, 1990, "gift|fragile"),
        ("Parure de lit percale", 1750, 6990, ""),
        ("Plaid laine", 1150, 4990, "gift"),
        ("Service 18 assiettes", 11200, 12900, "fragile"),
        ("Cocotte en fonte", 5200, 11900, ""),
        ("Lampe de table", 2300, 5990, "fragile"),
        ("Tapis tissé 160 x 230", 7400, 12900, ""),
        ("Peinture mate 2,5 l", 3900, 3490, "hazmat"),
        ("Vase soufflé", 1650, 3990, "gift|fragile"),
        ("Serviettes de bain lot de 4", 1900, 3990, ""),
    ),
    "furniture": (
        ("Canapé trois places", 62000, 69900, "bulky"),
        ("Table de ferme", 48000, 54900, "bulky"),
        ("Commode chêne", 41000, 44900, "bulky"),
        ("Chaise bistrot", 4800, 7990, ""),
        ("Chevet", 9200, 8990, ""),
        ("Bibliothèque", 55000, 39900, "bulky"),
        ("Tabouret", 3600, 4990, ""),
        ("Fauteuil lecture", 21000, 29900, "bulky"),
    ),
    "toys": (
        ("Train en bois", 1350, 3490, "gift"),
        ("Puzzle 1000 pièces", 720, 1690, "gift"),
        ("Peluche renard", 310, 2290, "gift"),
        ("Jeu de société", 1180, 2990, "gift"),
        ("Draisienne", 3900, 5990, "gift"),
        ("Voiture radiocommandée", 980, 4490, "gift|hazmat"),
        ("Briques à construire", 1500, 3990, "gift"),
        ("Maison de poupée", 6400, 8990, "gift"),
    ),
    "beauty": (
        ("Eau de parfum 50 ml", 290, 6490, "gift|fragile|hazmat"),
        ("Crème de jour", 140, 2490, ""),
        ("Vernis à ongles", 60, 990, "hazmat"),
        ("Coffret bain", 850, 2990, "gift"),
        ("Shampooing solide", 85, 890, ""),
        ("Sérum", 95, 3290, "fragile"),
        ("Savon de Marseille lot de 3", 640, 1190, "gift"),
        ("Laque coiffante", 380, 1290, "hazmat"),
    ),
    "electronics": (
        ("Casque sans fil", 340, 8990, "gift|hazmat"),
        ("Enceinte nomade", 620, 5990, "gift|hazmat"),
        ("Téléviseur 43 pouces", 9800, 32900, "fragile"),
        ("Grille-pain", 1700, 3990, ""),
        ("Machine à café", 4700, 12900, ""),
        ("Batterie externe", 260, 2990, "hazmat"),
        ("Tablette 10 pouces", 520, 21900, "gift|fragile|hazmat"),
        ("Aspirateur balai", 3100, 19900, "hazmat"),
        ("Réveil lumière", 480, 4490, "gift"),
    ),
    "garden": (
        ("Salon de jardin", 58000, 49900, "bulky"),
        ("Olivier en pot", 34000, 12900, "bulky|fragile"),
        ("Sécateur", 310, 2490, "gift"),
        ("Brouette", 15500, 8990, "bulky"),
        ("Guirlande solaire", 540, 2490, "gift|hazmat"),
        ("Rosier grimpant", 2800, 1990, "fragile"),
        ("Barbecue charbon", 17500, 14900, "bulky"),
        ("Arrosoir zinc", 1400, 2990, "gift"),
    ),
}
VARIANTS = ("écru", "marine", "brique", "sauge", "noir", "ocre", "gris perle", "bordeaux", "sable", "bleu paon")
LIFECYCLES = Weighted(("core", "new", "end_of_line"), (62, 20, 18))
SEASONS = {"core": ("all_year", "all_year", "AW26"), "new": ("AW26", "SS27"), "end_of_line": ("SS26", "AW25")}
SCARCE_RANKS = range(3, 261)  # of popularity: unpopular products can't run short
HEAD_SHIFT, EXPONENT = 6, 0.9  # Zipf and Mandelbrot: weight = 1 / (rank + shift) ** exponent


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    sku: str
    name: str
    category: str
    brand: str
    season: str
    lifecycle: str
    grams: int
    tags: tuple[str, ...]
    hazmat: bool
    cents: int
    popularity: float  # share of all units sold
    supplier: str | None  # who dropships it
    dropship_only: bool
    scarce: bool  # far fewer units were bought than customers ask for


def products(seed: int) -> list[Product]:
    """All products, in the order of their SKUs."""
    dice = Dice(seed, "assortment")
    total = sum(count for _, count, _, _ in CATEGORIES.values())
    ranks = iter(dice.shuffled(range(1, total + 1)))
    weight = 1 / math.fsum(1 / (rank + HEAD_SHIFT) ** EXPONENT for rank in range(1, total + 1))
    return [
        _product(dice, category, number, next(ranks), weight)
        for category, (_, count, _, _) in CATEGORIES.items()
        for number in range(1, count + 1)
    ]


def _product(dice: Dice, category: str, number: int, rank: int, weight: float) -> Product:
    prefix, _, brands, supplier = CATEGORIES[category]
    kinds = KINDS[category]
    name, grams, cents, marks = kinds[(number - 1) % len(kinds)]
    brand = dice.pick(brands)
    lifecycle = dice.draw(LIFECYCLES)
    tags = tuple(mark for mark in marks.split("|") if mark not in ("", "hazmat"))
    own = supplier is not None and brand == brands[-1]
    return Product(
        sku=f"{prefix}-{number:04d}",
        name=f"{name} {VARIANTS[(number - 1) // len(kinds) % len(VARIANTS)]}",
        category=category,
        brand=brand,
        season=dice.pick(SEASONS[lifecycle]),
        lifecycle=lifecycle,
        grams=max(5, int(grams * dice.between(0.9, 1.1)) // 5 * 5),
        tags=tags,
        hazmat="hazmat" in marks,
        cents=_price(dice, cents, lifecycle),
        popularity=weight / (rank + HEAD_SHIFT) ** EXPONENT,
        supplier=supplier if own else None,
        dropship_only=own and dice.chance(0.55),
        scarce=lifecycle != "end_of_line" and rank in SCARCE_RANKS and dice.chance(0.22),
    )


def _price(dice: Dice, cents: int, lifecycle: str) -> int:
    """Ends in 90 cents; end of line is marked down by 30 to 50 %."""
    price = cents * dice.between(0.85, 1.2)
    if lifecycle == "end_of_line":
        price *= dice.between(0.5, 0.7)
    return max(490, int(price) // 100 * 100 + 90)
