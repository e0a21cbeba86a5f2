"""The example network is as its README describes it, and its generator writes the committed files byte for byte."""

import csv
import datetime
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml

from api.files.policies import policy_files
from api.shapes.order import OrderRequest
from engine.decide.decide import decide
from engine.decide.matching.matcher import Matcher
from engine.model.facts import NetworkCaches, Snapshot, StockPosition
from rules.loader import load_policies
from tests.reference.routes import Exits, routes
from tests.support.hexagone import hexagone

pytestmark = pytest.mark.slow

HEXAGONE = Path(__file__).parents[3] / "examples" / "hexagone"
WRITTEN = ("network.yaml", "products.csv", "stock.csv", "orders.ndjson", "order.json")
OVERSTOCKED_DAYS = 90


def table(name):
    with (HEXAGONE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def network():
    return yaml.safe_load((HEXAGONE / "network.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def nodes(network):
    return {node["id"]: node for node in network["nodes"]}


@pytest.fixture(scope="module")
def services(network):
    return {service["id"]: service for service in network["services"]}


@pytest.fixture(scope="module")
def products():
    return {row["sku"]: row for row in table("products.csv")}


@pytest.fixture(scope="module")
def stock():
    return table("stock.csv")


@pytest.fixture(scope="module")
def orders():
    return [json.loads(line) for line in (HEXAGONE / "orders.ndjson").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("hash_seed", ["0", "4242"])
def test_the_generator_writes_the_committed_bytes_whatever_the_hash_seed(tmp_path, hash_seed):
    command = [sys.executable, "-B", str(HEXAGONE / "generate.py"), "--out", str(tmp_path)]
    subprocess.run(command, check=True, timeout=60, env=os.environ | {"PYTHONHASHSEED": hash_seed})
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(WRITTEN)
    for name in WRITTEN:
        assert (tmp_path / name).read_bytes() == (HEXAGONE / name).read_bytes(), name


def test_another_seed_gives_another_day_and_as_many_orders_as_asked(tmp_path):
    command = [
        sys.executable,
        "-B",
        str(HEXAGONE / "generate.py"),
        "--out",
        str(tmp_path),
        "--seed",
        "1",
        "--orders",
        "50",
    ]
    subprocess.run(command, check=True, timeout=60)
    lines = (tmp_path / "orders.ndjson").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 50
    assert (tmp_path / "stock.csv").read_bytes() != (HEXAGONE / "stock.csv").read_bytes()


def test_there_are_3_warehouses_60_stores_4_suppliers_and_1_distributor(nodes):
    types = Counter(node["type"] for node in nodes.values())
    assert types == {"warehouse": 3, "store": 60, "supplier": 4, "distributor": 1}


def test_no_two_nodes_share_an_id(network, nodes):
    assert len(nodes) == len(network["nodes"])


def test_every_node_is_in_a_city_of_the_list(nodes):
    places = {(float(city["latitude"]), float(city["longitude"]), city["region"]) for city in table("cities.csv")}
    for node in nodes.values():
        assert (node["latitude"], node["longitude"], node["region"]) in places, node["id"]


def test_every_postcode_begins_with_the_number_of_its_department():
    for city in table("cities.csv"):
        assert len(city["postcode"]) == 5, city["name"]
        assert city["postcode"].startswith(city["department"]), city["name"]


def test_the_cities_are_attributed_to_geonames():
    for name in ("README.md", "network.yaml"):
        assert "GeoNames, CC BY 4.0, https://www.geonames.org" in (HEXAGONE / name).read_text(encoding="utf-8")


def test_one_store_is_closing_and_some_are_franchises_or_outlets(nodes):
    stores = [node for node in nodes.values() if node["type"] == "store"]
    assert sum("closing" in store["tags"] for store in stores) == 1
    assert sum("outlet" in store["tags"] for store in stores) == 3
    assert sum(store["attributes"]["franchise"] for store in stores) == 15


def test_every_node_offers_services_that_exist_and_every_service_is_offered(nodes, services):
    offered = {service for node in nodes.values() for service in node["services"]}
    assert offered == set(services)


def test_pickup_is_offered_by_every_store_and_nobody_else(nodes):
    assert all(("pickup" in node["services"]) == (node["type"] == "store") for node in nodes.values())


def test_every_mode_in_use_has_an_emission_factor_with_a_source(network, services):
    assert {service["mode"] for service in services.values()} == set(network["emissions"])
    for mode, factor in network["emissions"].items():
        assert factor["grams_per_tonne_km"] >= 0, mode
        assert len(factor["source"]) > 40, mode


def test_every_emission_factor_follows_from_the_figures_its_source_gives(network):
    expected = {
        "van": 0.160 * 3170 / 0.46,
        "truck": 0.342 * 3170 / 6.00,
        "rail": 16.60 * 48 / 400,
        "bike": 25 * 48 / 1000,
    }
    expected |= {"air": 2719.31 + 574.29, "pickup": 0}
    assert {mode: factor["grams_per_tonne_km"] for mode, factor in network["emissions"].items()} == {
        mode: round(grams) for mode, grams in expected.items()
    }


def test_every_drop_follows_from_a_round_of_80_km_and_120_drops(services):
    van, lorry, bike = (round(80 * grams / 120) for grams in (0.160 * 3170, 0.220 * 3170, 4.5))
    expected = {"bulky": lorry, "bike": bike, "pickup": 0}
    assert {id_: service["drop"] for id_, service in services.items()} == {
        id_: f"{expected.get(id_, van)} g" for id_ in services
    }


EASTERS = {2026: datetime.date(2026, 4, 5), 2027: datetime.date(2027, 3, 28)}
FEASTS = ("01-01", "05-01", "05-08", "07-14", "08-15", "11-01", "11-11", "12-25")


def test_the_holidays_are_the_eleven_of_the_law_in_both_years(network):
    expected = {f"{year}-{feast}" for year in EASTERS for feast in FEASTS}
    expected |= {str(day + datetime.timedelta(days=after)) for day in EASTERS.values() for after in (1, 39, 50)}
    assert set(map(str, network["holidays"]["france"]["dates"])) == expected
    assert len(network["holidays"]["france"]["dates"]) == 22
    assert "L3133-1" in network["holidays"]["france"]["source"]


def test_alsace_and_moselle_add_good_friday_and_the_day_after_christmas(network, nodes):
    assert list(map(str, network["holidays"]["alsace_moselle"]["dates"])) == [
        "2026-04-03",
        "2026-12-26",
        "2027-03-26",
        "2027-12-26",
    ]
    adding = {node["id"] for node in nodes.values() if "alsace_moselle" in node["closed"]}
    assert adding == {"st-strasbourg", "st-colmar", "st-mulhouse", "st-metz"}
    assert {nodes[name]["region"] for name in adding} == {"Grand Est"}


def test_no_node_is_open_on_a_sunday_or_on_christmas_day():
    found = hexagone().network
    christmas = datetime.date(2026, 12, 25).toordinal()
    assert all(node.hours is not None and not node.hours.week[6] for node in found.nodes.values())
    assert all(not node.hours.spans(christmas) for node in found.nodes.values())


def test_no_carrier_runs_on_a_sunday_or_a_holiday(services):
    carriers = [service for service in services.values() if service["id"] not in ("bike", "pickup")]
    assert len(carriers) == 6
    assert all("sunday" not in service["runs"] and service["closed"] == ["france"] for service in carriers)


def test_every_service_that_travels_has_a_cut_off_while_the_node_is_open(nodes):
    found = hexagone().network.nodes
    for node in nodes.values():
        assert set(node["cut_offs"]) == set(node["services"]) - {"pickup"}
        week = found[node["id"]].hours.week
        for cut_off in found[node["id"]].cut_offs.values():
            by_day = {4: cut_off} if isinstance(cut_off, int) else dict(enumerate(cut_off[:6]))
            assert all(any(start < by_day[day] <= end for start, end in week[day]) for day in by_day if week[day])


def test_what_is_ordered_at_night_leaves_in_the_morning_and_on_sunday_on_monday(orders):
    found = hexagone().network
    request = OrderRequest()
    home = next(order for order in orders if "destination" in order)
    sunday = int(datetime.datetime(2026, 11, 29, 3, tzinfo=datetime.UTC).timestamp())
    night = int(datetime.datetime(2026, 11, 27, 2, tzinfo=datetime.UTC).timestamp())
    for now, day in ((night, "Friday"), (sunday, "Monday")):
        leaving = {
            route.key[:2]: found.local(route.ships_at)
            for route in routes(request.load(home), Exits(found), found.nodes, now)
        }
        assert {moment.strftime("%A") for key, moment in leaving.items() if key[0].startswith(("st", "wh"))} == {day}
        assert f"{leaving['wh-orleans', 'parcel']:%H:%M}" == "07:00"


def test_there_are_500_products_in_8_categories_and_every_lifecycle(products):
    assert len(products) == len(table("products.csv")) == 500
    assert len({product["category"] for product in products.values()}) == 8
    assert {product["lifecycle"] for product in products.values()} == {"new", "core", "end_of_line"}
    assert all(int(product["weight_g"]) > 0 for product in products.values())
    assert {product["attributes.hazmat"] for product in products.values()} == {"true", "false"}


def test_every_product_has_a_margin_and_the_end_of_a_line_earns_less(products):
    margins = {sku: float(product["unit_margin"]) for sku, product in products.items()}
    assert min(margins.values()) > 0
    textile = {sku: product for sku, product in products.items() if product["category"] == "textile"}
    of_core, of_end = (
        [margins[sku] for sku, product in textile.items() if product["lifecycle"] == lifecycle]
        for lifecycle in ("core", "end_of_line")
    )
    assert sum(of_end) / len(of_end) < sum(of_core) / len(of_core) / 2


def test_every_position_is_of_a_known_node_and_product_and_occurs_once(stock, nodes, products):
    positions = [(row["node"], row["sku"]) for row in stock]
    assert len(set(positions)) == len(positions)
    assert {node for node, _ in positions} == set(nodes)
    assert {sku for _, sku in positions} == set(products)


def test_stock_is_counted_in_whole_units_and_sales_to_the_thousandth(stock):
    for row in stock:
        assert row["on_hand"].isdecimal()
        assert row["daily_sales"] == "" or len(row["daily_sales"].partition(".")[2]) == 3


def test_stores_hold_too_much_of_many_end_of_line_goods_and_none_of_others(stock, products):
    ending = [
        row for row in stock if products[row["sku"]]["lifecycle"] == "end_of_line" and row["node"].startswith("st-")
    ]
    overstocked = [row for row in ending if float(row["daily_sales"]) * OVERSTOCKED_DAYS < int(row["on_hand"])]
    assert len(overstocked) > len(ending) / 3
    assert sum(row["on_hand"] == "0" for row in stock) > 500


def test_suppliers_hold_only_their_own_brand(stock, products, nodes):
    brands = {}
    for row in stock:
        if nodes[row["node"]]["type"] == "supplier":
            brands.setdefault(row["node"], set()).add(products[row["sku"]]["brand"])
    assert [len(found) for found in brands.values()] == [1, 1, 1, 1]


def test_the_day_has_5000_orders_in_the_order_they_were_placed(orders):
    assert len(orders) == len({order["id"] for order in orders}) == 5000
    placed = [order["placed_at"] for order in orders]
    assert placed == sorted(placed)
    assert placed[0] >= "2026-11-26T23:00:00Z"
    assert placed[-1] < "2026-11-27T23:00:00Z"


def test_all_six_channels_and_all_three_deliveries_occur(orders, network):
    channels = Counter(order["channel"] for order in orders)
    assert set(channels) == set(network["channels"]) == {"web", "app", "store", "social", "marketplace", "call_centre"}
    assert min(channels.values()) > 100
    deliveries = Counter(order["delivery"] for order in orders)
    assert set(deliveries) == {"standard", "express", "click_and_collect"}
    assert min(deliveries.values()) > 300


def test_an_order_is_collected_at_a_store_or_goes_to_a_destination_in_france(orders, nodes):
    for order in orders:
        assert ("destination" in order) != ("collect_at" in order)
        assert (order["delivery"] == "click_and_collect") == ("collect_at" in order)
        if "collect_at" in order:
            assert nodes[order["collect_at"]]["type"] == "store"
        else:
            assert order["destination"]["country"] == "FR"
            assert 42 < order["destination"]["latitude"] < 51.3
            assert -5 < order["destination"]["longitude"] < 8.5


def test_every_line_asks_for_a_known_product_in_a_positive_quantity(orders, products):
    for order in [*orders, json.loads((HEXAGONE / "order.json").read_text(encoding="utf-8"))]:
        assert 1 <= len(order["lines"]) <= 6
        assert all(line["sku"] in products and line["quantity"] >= 1 for line in order["lines"])


def test_every_promise_is_later_than_the_order(orders):
    promised = [order for order in orders if "promise_by" in order]
    assert all(order["promise_by"] > order["placed_at"] for order in promised)
    assert all("promise_by" in order for order in orders if order["delivery"] == "express")


def test_more_units_of_some_products_are_ordered_than_there_are(orders, stock):
    asked, held = Counter(), Counter()
    for order in orders:
        asked.update({line["sku"]: line["quantity"] for line in order["lines"]})
    for row in stock:
        held[row["sku"]] += int(row["on_hand"])
    assert 5 <= sum(asked[sku] > held[sku] for sku in asked) <= 60


def test_the_single_order_has_an_overstocked_end_of_line_line_and_can_be_filled(products, stock):
    order = json.loads((HEXAGONE / "order.json").read_text(encoding="utf-8"))
    ending, other = order["lines"]
    held = {(row["node"], row["sku"]): row for row in stock}
    lyon = held["st-lyon", ending["sku"]]
    assert products[ending["sku"]]["lifecycle"] == "end_of_line"
    assert int(lyon["on_hand"]) > OVERSTOCKED_DAYS * float(lyon["daily_sales"])
    assert int(held["wh-lyon", other["sku"]]["on_hand"]) > other["quantity"]


def test_the_committed_data_stays_below_4_megabytes():
    assert sum(path.stat().st_size for path in HEXAGONE.iterdir() if path.is_file()) < 4_000_000


@pytest.mark.parametrize(
    ("at", "leaves", "arrives"), [("13:30", "28 18:00", "01 18:00"), ("14:30", "30 14:00", "02 14:00")]
)
def test_an_order_that_came_before_the_saturday_s_cut_off_leaves_as_the_readme_says(at, leaves, arrives):
    inventory = hexagone()
    order = OrderRequest().load(json.loads((HEXAGONE / "order.json").read_text(encoding="utf-8")))
    snapshot = Snapshot(
        network=inventory.network,
        caches=NetworkCaches(inventory.network),
        products={sku: inventory.products[sku] for sku in order.skus},
        positions={
            sku: {
                node: StockPosition(on_hand=units, pace=inventory.paces.get(sku, {}).get(node))
                for node, units in inventory.stock[sku].items()
            }
            for sku in order.skus
        },
        loads={},
    )
    matcher = Matcher(load_policies(policy_files(HEXAGONE.parents[1] / "policies")))
    now = int(datetime.datetime.fromisoformat(f"2026-11-28T{at}+01:00").timestamp())
    (shipment,) = decide(order, snapshot, matcher, now).shipments
    matcher.close()
    local = inventory.network.local
    shown = [local(instant).strftime("%d %H:%M") for instant in (shipment.ships_at, shipment.arrives_by)]
    assert shown == [leaves, arrives]
    assert f'--dry-run --at "2026-11-28 {at}"' in (HEXAGONE / "README.md").read_text(encoding="utf-8")
