"""Turn the Olist marketplace data set into a Pointsman network and its orders; README.md beside this has the rules."""

import argparse
import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

from data_set import DataSet, read
from errors import ConversionStopped
from missing_data import RULES, UNKNOWN, Places, Weights
from network import UNLISTED, Product, make_nodes, make_products, make_stock
from network_files import Network, write
from orders import make_orders

EXAMPLE = """example:
  python examples/olist/convert.py ~/olist /tmp/olist_network
  pointsman load /tmp/olist_network
  pointsman route /tmp/olist_network/orders.ndjson
"""


def main(arguments: list[str] | None = None) -> int:
    """0 when the network is in place; 2, with nothing written, when something stopped it."""
    options = _parser().parse_args(arguments)
    tally: Counter[str] = Counter()
    try:
        network = convert(read(options.directory), tally)
        write(network, options.out.absolute())
    except (ConversionStopped, OSError) as error:
        print(f"convert.py: {error}\nconvert.py: nothing was written", file=sys.stderr)
        return 2
    counts, rules = _counts(network), {rule: tally[rule] for rule in RULES}
    if options.json:
        print(json.dumps({"out": str(options.out), "counts": counts, "rules": rules}, indent=2))
    else:
        print(_summary(options.out, counts, rules))
    return 0


def convert(data: DataSet, tally: Counter[str]) -> Network:
    """The whole network; `tally` counts each use of a rule that stands in for missing data."""
    places, weights = Places(data.geolocation, tally), Weights(data.products, tally)
    orders = make_orders(data, places, tally)
    products = make_products(data, weights, tally)
    if tally["orders_without_items"]:
        products.append(Product(sku=UNLISTED, category=UNKNOWN, weight_g=weights.typical))
    return Network(
        nodes=make_nodes(data, places, tally),
        products=products,
        stock=make_stock(data),
        orders=orders,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="convert.py",
        description="Turn the Olist marketplace data set into a Pointsman network and its orders.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("directory", metavar="DIR", type=Path, help="where the data set's CSV files are")
    parser.add_argument(
        "out", metavar="OUT", type=Path, help="the network's directory: new, or an earlier conversion's"
    )
    parser.add_argument("--json", action="store_true", help="print the summary as JSON, for programs")
    return parser


def _counts(network: Network) -> dict[str, int]:
    sellers: dict[str, int] = defaultdict(int)
    for _, sku in network.stock:
        sellers[sku] += 1
    lines = [line for order in network.orders for line in order["lines"]]
    return {
        "orders": len(network.orders),
        "lines": len(lines),
        "units_ordered": sum(line["quantity"] for line in lines),
        "products": len(network.products),
        "products_with_several_sellers": sum(count > 1 for count in sellers.values()),
        "nodes": len(network.nodes),
        "stock_positions": len(network.stock),
        "units_on_hand": sum(network.stock.values()),
    }


def _summary(out: Path, counts: dict[str, int], rules: dict[str, int]) -> str:
    lines = [f"Converted into {out}", ""]
    lines += [f"{count:>9,}  {what.replace('_', ' ')}" for what, count in counts.items()]
    lines += ["", "Filled in or set right by rule"]
    lines += [f"{count:>9,}  {RULES[rule]}" for rule, count in rules.items() if count]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
