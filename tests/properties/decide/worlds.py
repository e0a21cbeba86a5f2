"""Random orders on a small network that has a bit of everything: rules, services, stock, loads, and nodes that rest."""

from hypothesis import strategies as st

from engine.model.facts import NodeRest, ParcelPrice, StockPosition
from tests.properties.decide.baskets import BASKETS, SETS
from tests.support.clocks import date, hours, running
from tests.support.facts import EURO, HOUR, LILLE, LYON, MARSEILLE, NOW, PARIS, node, order, product, service
from tests.support.facts import snapshot as snapshot_of

RULES = [
    "then: {keep: 2}",
    "then: {keep: 15%}",
    "when: {node.id: lille}, then: {protect: [{channel: app, units: 3}, {channel: store, share: 20%}]}",
    "when: {stock.days_of_cover: {more_than: 3}}, then: {prefer: 1.50}",
    "when: {stock.days_of_cover: {known: false}}, then: {avoid: 0.70}",
    "when: {stock.available: {between: [2, 6]}}, then: {avoid: 0.30}",
    "when: {stock.held: {at_least: 2}}, then: {keep: 1}",
    "when: {node.type: store}, then: {tier: 3}",
    "when: {node.load: {at_least: 2}}, then: {avoid: 2.00}",
    "when: {node.load: {at_least: 1}, node.type: store}, then: {daily_orders: 2}",
    "when: {node.tags: {has: outlet}}, then: {exclude: unless_needed}",
    "when: {service.mode: bike}, then: {prefer: 0.40}",
    "when: {service.id: van, order.channel: app}, then: {exclude: true}",
    "when: {route.distance: {more_than: 300 km}}, then: {avoid: 1.10}",
    "when: {route.late: true}, then: {avoid: 3.00}",
    "when: {route.late: {known: false}}, then: {tier: 4}",
    "when: {route.cost: {at_least: 6.00 EUR}}, then: {exclude: unless_needed}",
    "when: {route.co2: {less_than: 1 kg}}, then: {prefer: 0.20}",
    "when: {route.arrives: {at_most: 24 h}}, then: {prefer: 0.60}",
    "when: {service.on_time_rate: {less_than: 90%}}, then: {avoid: 1.30}",
    "when: {service.on_time_rate: {known: false}, service.mode: truck}, then: {avoid: 0.10}",
    "when: {line.quantity: {more_than: 4}}, then: {keep_together: true}",
    "when: {order.delivery: click_and_collect, service.mode: {not: pickup}}, then: {avoid: 0.90}",
    "when: {order.delivery: express, service.id: parcel}, then: {exclude: true}",
    "when: {order.region: PACA}, then: {keep: 1}",
    "then: {carbon_price: 0.25}",
    "then: {split_penalty: 1.00}",
    "then: {max_shipments: 2}",
    "then: {ship_complete: true}",
    "then: {multiple_of: 2}",
    "when: {node.id: [lille, lyon]}, then: {daily_units: 6}",
    "then: {daily_weight: 9 kg}",
    "when: {node.type: store}, then: {multiple_of: 3}",
    "then: {cap: {channel: web, units: 5}}",
    "when: {node.type: store}, then: {cap: {channel: web, units: 3}}",
    "when: {product.sku: A, stock.available: {at_least: 5}}, then: {multiple_of: 4}",
]
SERVICES = [
    service(
        per_kg=EURO // 2,
        drop=300_000_000,
        per_km=2_000,
        on_time={"lille": {"FR": 8_999, "BE": 100}, "marseille": {"FR": 9_000}, "closed": {"FR": 1}},
    ),
    service(
        "van",
        mode="van",
        base=7 * EURO,
        max_weight=3_000,
        runs=running("monday", "friday", "saturday"),
        on_time={"lille": {"FR": 10_000}, "lyon": {"BE": 7_000}},
    ),
    service("bike", mode="bike", base=4 * EURO, max_distance=400_000, drop=1_000),
    service(
        "tariff",
        base=0,
        parcel_prices=(
            ParcelPrice(over=0, up_to=2_000, base=3 * EURO),
            ParcelPrice(over=2_000, up_to=9_000, base=1 * EURO, per_gram=500, at_least=4 * EURO),
            ParcelPrice(over=12_000, up_to=40_000, base=9 * EURO),
        ),
    ),
    service("counter", mode="pickup", base=EURO // 2, transit=((0, 60),)),
]
NODES = [
    node("lille", LILLE, type="warehouse", services=("bike", "parcel", "tariff", "van"), unit_handling=EURO // 10),
    node("lyon", LYON, type="store", tags=frozenset({"outlet"}), services=("counter", "parcel", "van"), daily_orders=3),
    node(
        "marseille",
        MARSEILLE,
        type="store",
        hours=hours("09:00-19:00", sunday=[]),
        cut_offs={"parcel": 900},
        region="PACA",
        daily_units=9,
        daily_weight=15_000,
    ),
    node("paris", PARIS, type="supplier", services=("bike", "parcel", "tariff"), handling=EURO, preparation=90),
]
POSITIONS = st.builds(
    StockPosition, on_hand=st.integers(0, 14), held=st.integers(0, 4), pace=st.none() | st.integers(0, 4_000)
)
STOCK = st.dictionaries(st.sampled_from([item.id for item in NODES]), POSITIONS)
TODAY = date("2026-11-27")
ORDERS = st.builds(
    lambda lines, channel, promise, place, day: order(
        *lines,
        channel=channel,
        promise_by=None if promise is None else NOW + promise * HOUR,
        place=place,
        deliver_on=None if day is None else TODAY + day,
    ),
    lines=st.lists(st.tuples(st.sampled_from("AB"), st.integers(1, 9)), min_size=1, max_size=3) | BASKETS | SETS,
    channel=st.sampled_from(["web", "app", "store"]),
    promise=st.none() | st.integers(1, 100),
    place=st.sampled_from([PARIS, LYON, LILLE]),
    day=st.none() | st.integers(0, 9),
)
NODE_REST = NodeRest(
    until=NOW + HOUR, since=NOW - HOUR, reason="other", decision="d", policy_version="v", because={"test/r": {}}
)
LOADS = st.dictionaries(
    st.sampled_from(["lille", "lyon", "marseille", "lyon\tunits", "lille\tgrams"]), st.integers(0, 3)
)
RESTING = st.sets(st.sampled_from(["lyon", "paris"]), max_size=1)
PRODUCTS = [product("A", weight=1_200), product("B", weight=4_000)]


def snapshot(stock, loads, resting):
    """Of positions by SKU, A and B, and node."""
    return snapshot_of(
        NODES, stock, services=SERVICES, products=PRODUCTS, loads=loads, resting=dict.fromkeys(resting, NODE_REST)
    )
