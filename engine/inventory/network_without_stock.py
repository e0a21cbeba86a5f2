"""Says what a network that is loaded without products and stock keeps of the one there, and what it can't change."""

from collections.abc import Iterator
from dataclasses import replace

from engine.errors import InputInvalid, Mistake
from engine.model.facts import Network
from engine.store.network.on_time_rates import rates_of, with_rates

FILE = "network.yaml"
LOAD_WHOLE = "load the folder whole (pointsman load DIR)"
_PRODUCT = "product.attributes."


def with_loaded_facts(network: Network, loaded: Network) -> Network:
    """The network with what the one that is loaded knows beside its files: the decimals of products, and how often
    services were on time. Raises InputInvalid with what changes the meaning of products or stock that stay.
    """
    mistakes = list(_mistakes(network, loaded))
    if mistakes:
        raise InputInvalid(mistakes)
    return with_rates(replace(network, decimals=loaded.decimals), rates_of(loaded))


def _mistakes(network: Network, loaded: Network) -> Iterator[Mistake]:
    for name in sorted(loaded.nodes.keys() - network.nodes.keys()):
        message = f"node '{name}' is loaded and not in the file, and its stock would go with it; {LOAD_WHOLE}"
        yield Mistake(where=FILE, field="nodes", message=message)
    if network.currency != loaded.currency:
        message = f"'{loaded.currency}' is loaded, and margins of products are amounts of it; {LOAD_WHOLE}"
        yield Mistake(where=FILE, field="currency", message=message)
    for path, kind in sorted(loaded.attributes.items()):
        if path.startswith(_PRODUCT) and network.attributes.get(path) is not kind:
            name = path.removeprefix(_PRODUCT)
            message = f"'{name}: {kind.name.lower()}' is loaded, and products have values of it; {LOAD_WHOLE}"
            yield Mistake(where=FILE, field="attributes.product", message=message)
    if loaded.demand.source == "log" and network.demand.source == "file":
        message = f"paces of sale are learnt so far, and those of files stand in stock.csv; {LOAD_WHOLE}"
        yield Mistake(where=FILE, field="demand.from", message=message)
