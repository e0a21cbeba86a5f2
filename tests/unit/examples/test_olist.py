"""The Olist converter, run as people run it, on rows of our own."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.slow

CONVERTER = Path(__file__).parents[3] / "examples" / "olist" / "convert.py"

TABLES = {
    "customers": """\
customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state
ana,u1,1037,sao paulo,SP
bia,u2,20031,rio de janeiro,RJ
""",
    "geolocation_by_zip_prefix": """\
geolocation_zip_code_prefix,geolocation_lat,geolocation_lng,geolocation_city,geolocation_state
1037,-23.5,-46.6,Sao Paulo,SP
13023,-22.9,-47.0,Campinas,SP
20031,-22.9,-43.2,Rio De Janeiro,RJ
""",
    "sellers": """\
seller_id,seller_zip_code_prefix,seller_city,seller_state
north,13023,Campinas,SP
south,20031,Rio De Janeiro,RJ
""",
    "products": """\
product_id,product_category_name,product_weight_g
lamp,casa,900
rug,casa,1500
""",
    "orders": """\
order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,\
order_delivered_customer_date,order_estimated_delivery_date
o1,ana,delivered,2018-06-01 10:00:00,2018-06-01 11:00:00,2018-06-02 11:00:00,2018-06-05 09:00:00,2018-06-20 00:00:00
o2,bia,delivered,2018-01-10 10:00:00,2018-01-10 11:00:00,2018-01-11 11:00:00,2018-01-14 09:00:00,2018-01-31 00:00:00
""",
    "order_items": """\
order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value
o1,1,lamp,north,2018-06-03 10:00:00,39.9,17.93
o2,1,rug,south,2018-01-12 10:00:00,120.00,20.00
""",
}


@pytest.fixture
def source(tmp_path):
    directory = tmp_path / "olist"
    directory.mkdir()
    for name, text in TABLES.items():
        (directory / f"{name}.csv").write_text(text, encoding="utf-8")
    return directory


def add(source, table, *lines):
    with (source / f"{table}.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def add_order(source, order, *items, customer="ana", status="delivered", placed="2018-06-01 10:00:00"):
    """An order of (product, seller, price) triples, with none of its later times set."""
    add(source, "orders", f"{order},{customer},{status},{placed},,,,2018-12-01 00:00:00")
    for number, (product, seller, price) in enumerate(items, start=1):
        add(source, "order_items", f"{order},{number},{product},{seller},2018-06-03 10:00:00,{price},10.00")


def replace(source, table, old, new):
    path = source / f"{table}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def run(source, out, *options, seed="0"):
    command = [sys.executable, "-B", str(CONVERTER), str(source), str(out), *options]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONHASHSEED": seed},
        check=False,
    )


class Converted:
    """The network that a conversion of `source` wrote, read back."""

    def __init__(self, source):
        out = source.parent / "network"
        answer = run(source, out, "--json")
        assert answer.returncode == 0, answer.stderr
        summary = json.loads(answer.stdout)
        self.counts, self.rules = summary["counts"], summary["rules"]
        self.network = yaml.safe_load((out / "network.yaml").read_text(encoding="utf-8"))
        self.nodes = {node["id"]: node for node in self.network["nodes"]}
        self.products = {row["sku"]: row for row in table(out / "products.csv")}
        self.stock = {(row["node"], row["sku"]): int(row["on_hand"]) for row in table(out / "stock.csv")}
        text = (out / "orders.ndjson").read_text(encoding="utf-8")
        self.orders = [json.loads(line) for line in text.splitlines()]

    def order(self, wanted):
        return next(order for order in self.orders if order["id"] == wanted)


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_an_order_comes_out_whole(source):
    assert Converted(source).order("o1") == {
        "id": "o1",
        "channel": "marketplace",
        "delivery": "standard",
        "placed_at": "2018-06-01T13:00:00Z",
        "promise_by": "2018-06-20T03:00:00Z",
        "destination": {"country": "BR", "postcode": "01037", "region": "SP", "latitude": -23.5, "longitude": -46.6},
        "lines": [{"sku": "lamp", "quantity": 1, "unit_price": "39.90"}],
    }


def test_a_seller_comes_out_as_a_supplier_that_ships_by_both_services(source):
    converted = Converted(source)
    assert (converted.network["currency"], converted.network["time_zone"]) == ("BRL", "America/Sao_Paulo")
    assert [service["id"] for service in converted.network["services"]] == ["parcel", "express"]
    assert converted.nodes["north"] == {
        "id": "north",
        "name": "Seller in Campinas, SP",
        "type": "supplier",
        "latitude": -22.9,
        "longitude": -47.0,
        "country": "BR",
        "region": "SP",
        "preparation": "24 h",
        "services": ["parcel", "express"],
    }


def test_every_mode_used_has_an_emission_factor_with_its_source(source):
    network = Converted(source).network
    for service in network["services"]:
        assert network["emissions"][service["mode"]]["grams_per_tonne_km"] > 0
        assert "0." in network["emissions"][service["mode"]]["source"]


def test_repeated_lines_are_summed(source):
    add_order(source, "o3", ("lamp", "north", "39.90"), ("rug", "south", "99"), ("lamp", "north", "39.90"))
    converted = Converted(source)
    assert converted.order("o3")["lines"] == [
        {"sku": "lamp", "quantity": 2, "unit_price": "39.90"},
        {"sku": "rug", "quantity": 1, "unit_price": "99.00"},
    ]
    assert converted.rules["lines_summed"] == 1


def test_a_product_at_two_prices_keeps_two_lines(source):
    add_order(source, "o3", ("lamp", "north", "39.90"), ("lamp", "north", "35.00"))
    assert [line["unit_price"] for line in Converted(source).order("o3")["lines"]] == ["39.90", "35.00"]


def test_leading_zeros_are_restored(source):
    converted = Converted(source)
    assert converted.order("o1")["destination"]["postcode"] == "01037"
    assert converted.rules["customer_postcodes_padded"] == 1


def test_an_order_without_items_asks_for_what_no_node_carries(source):
    add_order(source, "o3", status="unavailable")
    converted = Converted(source)
    assert converted.order("o3")["lines"] == [{"sku": "unlisted", "quantity": 1}]
    assert converted.products["unlisted"]["category"] == "unknown"
    assert "unlisted" not in {sku for _, sku in converted.stock}
    assert converted.rules["orders_without_items"] == 1


def test_without_such_an_order_there_is_no_unlisted_product(source):
    assert set(Converted(source).products) == {"lamp", "rug"}


def test_an_order_cancelled_later_is_routed_like_the_rest(source):
    add_order(source, "o3", ("lamp", "north", "39.90"), status="canceled")
    converted = Converted(source)
    assert converted.order("o3")["lines"][0]["sku"] == "lamp"
    assert converted.stock["north", "lamp"] == 2
    assert converted.rules["orders_not_sold"] == 1


def test_missing_coordinates_fall_back_to_the_mean_of_the_state(source):
    add(source, "customers", "caio,u3,19999,assis,SP")
    add(source, "sellers", "west,18888,Avare,SP")
    add_order(source, "o3", ("lamp", "west", "39.90"), customer="caio")
    converted = Converted(source)
    destination, node = converted.order("o3")["destination"], converted.nodes["west"]
    assert (destination["latitude"], destination["longitude"]) == (-23.2, -46.8)
    assert (node["latitude"], node["longitude"]) == (-23.2, -46.8)
    assert (converted.rules["customers_at_state_mean"], converted.rules["sellers_at_state_mean"]) == (1, 1)


def test_a_state_without_any_coordinates_falls_back_to_the_mean_of_the_country(source):
    add(source, "customers", "duda,u3,69000,manaus,AM")
    add_order(source, "o3", ("lamp", "north", "39.90"), customer="duda")
    converted = Converted(source)
    destination = converted.order("o3")["destination"]
    assert (destination["latitude"], destination["longitude"]) == (-23.1, -45.6)
    assert destination["region"] == "AM"
    assert converted.rules["customers_at_country_mean"] == 1


def test_coordinates_outside_brazil_count_as_missing(source):
    add(source, "geolocation_by_zip_prefix", "11111,38.7,-9.1,Santos,SP")
    replace(source, "customers", "ana,u1,1037", "ana,u1,11111")
    converted = Converted(source)
    assert converted.order("o1")["destination"]["latitude"] == -23.2
    assert converted.rules["coordinates_outside_brazil"] == 1


def test_several_coordinates_of_one_zip_prefix_are_averaged(source):
    add(source, "geolocation_by_zip_prefix", "01037,-23.7,-46.8,sao paulo,SP")
    destination = Converted(source).order("o1")["destination"]
    assert (destination["latitude"], destination["longitude"]) == (-23.6, -46.7)


def test_a_seller_is_in_the_state_of_its_zip_prefix(source):
    replace(source, "sellers", "south,20031,Rio De Janeiro,RJ", "south,20031,Rio De Janeiro,SP")
    converted = Converted(source)
    assert converted.nodes["south"]["region"] == "RJ"
    assert converted.rules["seller_states_corrected"] == 1


@pytest.mark.parametrize("written", ["", "0"])
def test_a_missing_weight_falls_back_to_the_median_of_the_category(source, written):
    add(source, "products", f"vase,casa,{written}", "brick,obra,9000")
    add_order(source, "o3", ("vase", "north", "10"), ("brick", "north", "10"))
    converted = Converted(source)
    assert converted.products["vase"]["weight_g"] == "1200"
    assert converted.rules["weights_from_category"] == 1


def test_without_a_weight_in_the_category_the_median_of_all_is_taken(source):
    add(source, "products", "toy,brinquedos,", "brick,obra,9000")
    add_order(source, "o3", ("toy", "north", "10"), ("brick", "north", "10"))
    converted = Converted(source)
    assert converted.products["toy"]["weight_g"] == "1500"
    assert converted.rules["weights_from_all"] == 1


def test_a_product_without_a_category_is_unknown(source):
    add(source, "products", "thing,,700")
    add_order(source, "o3", ("thing", "north", "10"))
    converted = Converted(source)
    assert converted.products["thing"]["category"] == "unknown"
    assert converted.rules["categories_unknown"] == 1


def test_sellers_that_sold_a_product_share_its_stock_in_equal_parts(source):
    for number in range(5):
        add_order(source, f"n{number}", ("rug", "north", "120"))
    converted = Converted(source)  # five by north, one by south
    assert (converted.stock["north", "rug"], converted.stock["south", "rug"]) == (3, 3)
    assert converted.counts["products_with_several_sellers"] == 1


def test_what_does_not_divide_goes_to_the_seller_that_sold_most(source):
    for number in range(4):
        add_order(source, f"n{number}", ("rug", "north", "120"))
    stock = Converted(source).stock
    assert (stock["north", "rug"], stock["south", "rug"]) == (3, 2)


def test_there_is_as_much_stock_of_each_product_as_was_ordered(source):
    add_order(source, "o3", *[("rug", "north", "120")] * 4, ("lamp", "south", "39.90"))
    converted = Converted(source)
    ordered, on_hand = {}, {}
    for order in converted.orders:
        for line in order["lines"]:
            ordered[line["sku"]] = ordered.get(line["sku"], 0) + line["quantity"]
    for (_, sku), units in converted.stock.items():
        on_hand[sku] = on_hand.get(sku, 0) + units
    assert on_hand == ordered == {"lamp": 2, "rug": 5}


def test_a_seller_that_sold_nothing_and_a_product_nobody_bought_are_left_out(source):
    add(source, "sellers", "idle,20031,Rio De Janeiro,RJ")
    add(source, "products", "dust,casa,10")
    converted = Converted(source)
    assert "idle" not in converted.nodes
    assert "dust" not in converted.products
    assert (converted.rules["sellers_left_out"], converted.rules["products_left_out"]) == (1, 1)


def test_five_orders_make_a_preparation_time_of_the_sellers_own(source):
    for number in range(5):
        times = "2018-06-01 10:00:00,2018-06-01 11:00:00,2018-06-01 13:00:00,,2018-12-01 00:00:00"
        add(source, "orders", f"n{number},ana,shipped,{times}")
        add(source, "order_items", f"n{number},1,lamp,north,2018-06-03 10:00:00,39.90,10.00")
    converted = Converted(source)
    assert converted.nodes["north"]["preparation"] == "2 h"
    assert converted.rules["preparation_typical"] == 1  # south's


def test_an_order_that_left_before_its_approval_gives_no_preparation_time(source):
    replace(source, "orders", "2018-06-02 11:00:00", "2018-06-01 10:30:00")
    assert Converted(source).nodes["north"]["preparation"] == "24 h"  # south's alone


def test_summer_time_counts_and_the_hour_it_repeats_is_taken_the_first_time(source):
    add_order(source, "o3", ("lamp", "north", "39.90"), placed="2018-02-17 23:30:00")
    converted = Converted(source)
    assert converted.order("o2")["placed_at"] == "2018-01-10T12:00:00Z"
    assert converted.order("o3")["placed_at"] == "2018-02-18T01:30:00Z"
    assert converted.rules["hours_repeated"] == 1


def test_orders_stand_in_the_order_they_were_placed_then_by_id(source):
    add_order(source, "o0", ("lamp", "north", "39.90"))
    assert [order["id"] for order in Converted(source).orders] == ["o2", "o0", "o1"]


def test_an_id_that_looks_like_a_number_stays_a_word(source):
    add(source, "sellers", "12345e67,13023,Campinas,SP")
    add_order(source, "o3", ("lamp", "12345e67", "39.90"))
    assert "12345e67" in Converted(source).nodes


def test_the_publishers_file_names_work_as_well(source):
    for path in source.iterdir():
        name = path.stem.removesuffix("_by_zip_prefix")
        path.rename(source / f"olist_{name}_dataset.csv")
    assert Converted(source).counts["orders"] == 2


def test_converting_twice_gives_the_same_bytes_whatever_the_hash_seed(source, tmp_path):
    add_order(source, "o3", ("rug", "north", "120"), ("lamp", "south", "39.90"))
    first, second = tmp_path / "first", tmp_path / "second"
    assert run(source, first, seed="1").returncode == run(source, second, seed="2").returncode == 0
    assert contents(first) == contents(second)
    assert run(source, first, seed="3").returncode == 0  # over an earlier conversion
    assert contents(first) == contents(second)


def contents(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_missing_files_are_all_named_and_nothing_is_written(source, tmp_path):
    (source / "sellers.csv").unlink()
    (source / "products.csv").unlink()
    answer = run(source, tmp_path / "network")
    assert answer.returncode == 2
    assert "sellers.csv is missing" in answer.stderr
    assert "products.csv is missing" in answer.stderr
    assert "README.md" in answer.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["olist"]


@pytest.mark.parametrize(
    ("table", "change", "problem"),
    [
        ("products", ("product_weight_g", "weight"), "products.csv:1: no column product_weight_g"),
        ("products", ("lamp,casa,900", "lamp,casa,heavy"), "products.csv:2: column product_weight_g: 'heavy' is no"),
        ("products", ("lamp,casa,900", "lamp,casa"), "products.csv:2: 2 cells where the header has 3"),
        ("products", ("rug,", "lamp,"), "products.csv:3: column product_id: 'lamp' stands on line 2 already"),
        ("order_items", ("lamp,north", "lamp,nobody"), "order_items.csv:2: column seller_id: 'nobody' is not in"),
        ("order_items", ("39.9,", "-1,"), "order_items.csv:2: column price: '-1' is no amount of money"),
        ("orders", ("2018-06-01 10:00:00", "yesterday"), "orders.csv:2: column order_purchase_timestamp: 'yesterday'"),
        ("orders", ("2018-06-01 10:00:00", ""), "orders.csv:2: column order_purchase_timestamp: is empty"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_nothing_is_written(source, tmp_path, table, change, problem):
    replace(source, table, *change)
    answer = run(source, tmp_path / "network")
    assert answer.returncode == 2
    assert problem in answer.stderr
    assert "Traceback" not in answer.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["olist"]


def test_a_directory_that_holds_other_files_is_left_alone(source):
    before = contents(source)
    answer = run(source, source)
    assert answer.returncode == 2
    assert "holds other files" in answer.stderr
    assert contents(source) == before


def test_a_failed_conversion_leaves_the_earlier_one_as_it_was(source, tmp_path):
    assert run(source, tmp_path / "network").returncode == 0
    before = contents(tmp_path / "network")
    (source / "orders.csv").unlink()
    assert run(source, tmp_path / "network").returncode == 2
    assert contents(tmp_path / "network") == before


def test_the_summary_lists_each_rule_that_was_used(source, tmp_path):
    add_order(source, "o3")
    answer = run(source, tmp_path / "network")
    assert answer.stdout.startswith("Converted into")
    assert "        3  orders\n" in answer.stdout
    assert "        1  orders without items: one unit of the SKU `unlisted`, which no node carries\n" in answer.stdout
    assert "outside Brazil" not in answer.stdout


def test_the_help_shows_an_example():
    answer = subprocess.run(
        [sys.executable, "-B", str(CONVERTER), "--help"], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert answer.returncode == 0
    assert "python examples/olist/convert.py ~/olist /tmp/olist_network" in answer.stdout


def test_measuring_recovers_the_costs_from_which_freight_was_made(monkeypatch):
    monkeypatch.syspath_prepend(str(CONVERTER.parent))
    import measure  # noqa: PLC0415 - a script's sibling, not a package

    parcels = [
        measure.Parcel(km=km, kg=kg, freight=8 + 0.01 * km + 2.5 * kg, days=None)
        for km in (10, 400, 2500)
        for kg in (0.2, 1, 9)
    ]
    assert measure.least_squares(parcels) == pytest.approx((8, 0.01, 2.5))
    assert [measure.percentile([3, 1, 4, 2], share) for share in (10, 50, 75)] == [1, 2, 3]
