"""network.yaml, products.csv and stock.csv: read into an Inventory, or every mistake reported with its place."""

import re
import shutil

import pytest

from api.files import postcodes
from api.files.inventory_folder import load_inventory
from engine.errors import InputInvalid
from engine.inventory.position_checks import not_counted
from engine.model.facts import GeoPoint
from engine.store.network.serialization import network_of, network_record
from rules.vocabulary import Kind
from tests.conftest import SMALL


@pytest.fixture
def directory(tmp_path):
    """A copy of the small network, to spoil."""
    shutil.copytree(SMALL, tmp_path / "net")
    return tmp_path / "net"


def spoilt(directory, name, before, after):
    path = directory / name
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    return directory


def mistakes(directory):
    """Each as `file:line: field`, with its message."""
    with pytest.raises(InputInvalid) as caught:
        load_inventory(directory)
    return {f"{item.where.removeprefix(f'{directory}/')}: {item.field}": item.message for item in caught.value.mistakes}


def test_the_files_are_read_into_integers():
    inventory = load_inventory(SMALL)
    network = inventory.network
    assert (network.currency, network.time_zone) == ("EUR", "Europe/Paris")
    assert network.attributes == {
        "product.attributes.hazmat": Kind.FLAG,
        "product.attributes.shelf_life": Kind.NUMBER,
        "node.attributes.franchise": Kind.FLAG,
        "node.attributes.brands": Kind.TAGS,
    }
    lyon, paris = network.nodes["lyon"], network.nodes["paris"]
    assert lyon.place == GeoPoint(latitude=45_748_460, longitude=4_846_710)
    assert (lyon.handling, lyon.preparation, lyon.region) == (800_000, 120, "Auvergne-Rhône-Alpes")
    assert (lyon.tags, lyon.services) == (frozenset({"robotised"}), ("parcel",))
    assert paris.attributes == {"franchise": False, "brands": frozenset({"acme", "zenith"})}
    courier = network.services["courier"]
    assert (courier.base, courier.max_distance, courier.max_weight) == (9_000_000, 50_000, 10_000)
    assert (courier.emission, courier.countries, courier.transit) == (1_000_000, frozenset({"FR"}), ((50_000, 240),))
    parcel = network.services["parcel"]
    assert (parcel.per_kg, parcel.drop, parcel.transit) == (100_000, 200_000, ((300_000, 1_440), (2_000_000, 2_880)))
    shirt, lamp = inventory.products["SHIRT"], inventory.products["LAMP"]
    assert (shirt.brand, shirt.season, shirt.weight) == ("acme", "summer", 250)
    assert (shirt.tags, shirt.attributes) == (frozenset({"cotton", "washable"}), {"hazmat": False})
    assert (lamp.brand, lamp.attributes) == (None, {"hazmat": True, "shelf_life": 12_500_000})
    assert inventory.stock["SHIRT"] == {"lyon": 10, "paris": 4, "lille": 2}
    assert inventory.paces == {"SHIRT": {"lyon": 2_500, "paris": 1_000}, "COAT": {"paris": 0, "lille": 125}}


@pytest.mark.parametrize("text", ["\ufeffsku", "sku"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_what_spreadsheets_write_is_read(directory, text, ends):
    for name in ("products.csv", "stock.csv"):
        content = (directory / name).read_text(encoding="utf-8").replace("\n", ends)
        (directory / name).write_bytes((text.removesuffix("sku") + content).encode())
    assert load_inventory(directory) == load_inventory(SMALL)


@pytest.mark.parametrize(
    ("spoiling", "where", "message"),
    [
        (("stock.csv", "lyon,SHIRT,10", "lyon,SHIRT,-10"), "stock.csv:2: on_hand", "below 0"),
        (("stock.csv", "lyon,SHIRT,10", "lyon,SHIRT,1.5"), "stock.csv:2: on_hand", "finer than one"),
        (("stock.csv", "lyon,SHIRT,10", "lyon,SHIRT,ten"), "stock.csv:2: on_hand", "no amount"),
        (("stock.csv", "lyon,SHIRT,10", "lyon,SHIRT,"), "stock.csv:2: on_hand", "Missing"),
        (("stock.csv", "lyon,SHIRT,10,2.5", "lyon,SHIRT,10,2.5555"), "stock.csv:2: daily_sales", "three decimals"),
        (("stock.csv", "paris,SHIRT", "pairs,SHIRT"), "stock.csv:3: node", "no node goes by the id 'pairs'"),
        (("stock.csv", "paris,SHIRT", "paris,SHRT"), "stock.csv:3: sku", "no product goes by the SKU 'SHRT'"),
        (("stock.csv", "paris,SHIRT", "lyon,SHIRT"), "stock.csv:3: sku", "'SHIRT' at 'lyon' stands here a second time"),
        (("stock.csv", "lyon,SHIRT,10,2.5", "lyon,SHIRT,10,2.5,9"), "stock.csv:2: ", "cells"),
        (("stock.csv", "lyon,SHIRT,10,2.5", "lyon,SHIRT,10"), "stock.csv:2: ", "cells"),
        (("stock.csv", "node,sku,on_hand", "nod,sku,on_hand"), "stock.csv:1: node", "column is missing"),
        (("stock.csv", "lyon,SHIRT,10,2.5", "lyon,SHIRT,10,100001"), "stock.csv:2: daily_sales", "more than can be"),
        (("stock.csv", "daily_sales", "daily"), "stock.csv:2: daily", "Unknown"),
        (("stock.csv", "daily_sales", "on_hand"), "stock.csv:1: on_hand", "second time"),
        (("stock.csv", 'lille,"ÉTÉ', 'lille,"ÉT"É'), "stock.csv:9: ", "no CSV"),
        (("products.csv", "core,250", "core,heavy"), "products.csv:2: weight_g", "no amount"),
        (("products.csv", "core,250", "core,"), "products.csv:2: weight_g", "Missing"),
        (("products.csv", "core,250", "old,250"), "products.csv:2: lifecycle", "Must be one of"),
        (("products.csv", "LAMP,Lampe,home", "LAMP,Lampe,"), "products.csv:4: category", "Missing"),
        (("products.csv", "LAMP,Lampe", "SHIRT,Lampe"), "products.csv:4: sku", "second time"),
        (("products.csv", "LAMP,Lampe", ",Lampe"), "products.csv:4: sku", "Missing"),
        (("products.csv", "fragile,true", "fragile,yes"), "products.csv:4: attributes.hazmat", "not true or false"),
        (("products.csv", "true,12.5", "true,twelve"), "products.csv:4: attributes.shelf_life", "no amount"),
        (
            ("products.csv", "attributes.hazmat", "attributes.hasmat"),
            "products.csv:2: attributes.hasmat",
            "not declared",
        ),
        (("products.csv", "brand,season", "brand,saison"), "products.csv:2: saison", "Unknown"),
        (("network.yaml", "currency: EUR", "currency: euro"), "network.yaml:2: currency", "code such as EUR"),
        (("network.yaml", "currency: EUR\n", ""), "network.yaml:2: currency", "Missing"),
        (("network.yaml", "Europe/Paris", "Europe/Lyon"), "network.yaml:3: time_zone", "no time zone"),
        (
            ("network.yaml", "hazmat: flag", "hazmat: bool"),
            "network.yaml:5: attributes.product.hazmat",
            "Must be one of",
        ),
        (("network.yaml", "truck: {grams", "lorry: {grams"), "network.yaml:9: emissions.lorry", "Must be one of"),
        (
            ("network.yaml", "van: {grams", "bike: {grams"),
            "network.yaml:22: services.1.mode",
            "there is no 'van' under emissions",
        ),
        (("network.yaml", "base: 5.00", "base: -5.00"), "network.yaml:15: services.0.base", "below 0"),
        (("network.yaml", "base: 5.00", "base: five"), "network.yaml:15: services.0.base", "no amount"),
        (("network.yaml", "drop: 200 g", "drop: 200 km"), "network.yaml:17: services.0.drop", "not known"),
        (("network.yaml", "up_to: 2000 km", "up_to: 300 km"), "network.yaml:18: services.0.transit", "further"),
        (
            ("network.yaml", "takes: 4 h", "takes: 4"),
            "network.yaml:28: services.1.transit.0.takes",
            "a unit is missing",
        ),
        (
            ("network.yaml", "takes: 4 h", "takes: 999999 d"),
            "network.yaml:28: services.1.transit.0.takes",
            "more than can be meant",
        ),
        (
            ("network.yaml", "    base: 9.00\n", "    base: 9.00\n    detour: 0.9\n"),
            "network.yaml:24: services.1.detour",
            "below",
        ),
        (("network.yaml", "id: courier", "id: parcel"), "network.yaml:21: services.1.id", "second time"),
        (("network.yaml", "id: paris", "id: lyon"), "network.yaml:46: nodes.1.id", "second time"),
        (("network.yaml", "type: warehouse", "type: depot"), "network.yaml:37: nodes.0.type", "Must be one of"),
        (
            ("network.yaml", "latitude: 45.74846", "latitude: 95.7"),
            "network.yaml:38: nodes.0.latitude",
            "between -90 and 90",
        ),
        (("network.yaml", "longitude: 4.84671", "longitude: east"), "network.yaml:39: nodes.0.longitude", "no number"),
        (
            ("network.yaml", "services: [parcel]", "services: [parcle]"),
            "network.yaml:45: nodes.0.services.0",
            "'parcle'",
        ),
        (("network.yaml", "preparation: 2 h", "prepartion: 2 h"), "network.yaml:44: nodes.0.prepartion", "Unknown"),
        (
            ("network.yaml", "franchise: true", "franchise: maybe"),
            "network.yaml:60: nodes.2.attributes.franchise",
            "not true or false",
        ),
        (
            ("network.yaml", "franchise: true", "franchised: true"),
            "network.yaml:60: nodes.2.attributes.franchised",
            "declared",
        ),
        (("network.yaml", "currency: EUR", "currency: EUR\ncurrency: EUR"), "network.yaml:3: ", "second time"),
        (("network.yaml", "currency: EUR", "currency: [EUR"), "network.yaml:3: ", "no YAML"),
        (("network.yaml", "currency: EUR", "currency: &c EUR\nx: *c"), "network.yaml:3: ", "alias"),
    ],
)
def test_a_mistake_is_reported_with_its_file_its_line_and_its_field(directory, spoiling, where, message):
    messages = mistakes(spoilt(directory, *spoiling))
    assert where in messages, messages
    assert message in messages[where]


def test_mistakes_of_all_files_are_reported_at_once(directory):
    spoilt(directory, "network.yaml", "type: warehouse", "type: depot")
    spoilt(directory, "products.csv", "core,250", "old,light")
    spoilt(directory, "stock.csv", "lyon,RARE,3", "lyon,RARE,-3")
    spoilt(directory, "stock.csv", "lyon,LAMP,6", "lyon,LAMP,six")
    assert {
        "network.yaml:37: nodes.0.type",
        "products.csv:2: lifecycle",
        "products.csv:2: weight_g",
        "stock.csv:7: on_hand",
        "stock.csv:8: on_hand",
    } <= set(mistakes(directory))


@pytest.mark.parametrize("name", ["network.yaml", "products.csv", "stock.csv"])
def test_a_missing_file_is_named(directory, name):
    (directory / name).unlink()
    assert "can't be read" in mistakes(directory)[f"{name}: "]


@pytest.mark.parametrize("name", ["network.yaml", "products.csv", "stock.csv"])
def test_a_file_that_is_empty_is_refused(directory, name):
    (directory / name).write_bytes(b"")
    assert any(where.startswith(name) for where in mistakes(directory))


@pytest.mark.parametrize(
    ("name", "end", "message"),
    [
        ("network.yaml", b"\xe9\xe8", "UTF-8"),
        ("products.csv", b"\x81", "this is neither UTF-8 nor Windows-1252"),
        ("stock.csv", b"\x8d", "this is neither UTF-8 nor Windows-1252"),
    ],
)
def test_a_file_in_another_encoding_is_refused_with_the_line(directory, name, end, message):
    content = (directory / name).read_bytes()
    (directory / name).write_bytes(content + end)
    lines = content.count(b"\n") + 1
    assert message in mistakes(directory)[f"{name}:{lines}: "]


def test_utf_16_is_refused_by_its_name(directory):
    (directory / "stock.csv").write_bytes("node,sku,on_hand\n".encode("utf-16"))
    assert mistakes(directory) == {"stock.csv:1: ": "the file is UTF-16; save it as UTF-8"}


def test_a_row_over_several_lines_is_counted_as_editors_do(directory):
    spoilt(directory, "products.csv", "SHIRT,Chemise", 'SHIRT,"Che\nmise"')
    spoilt(directory, "products.csv", "LAMP,Lampe", ",Lampe")
    assert "products.csv:5: sku" in mistakes(directory)


@pytest.mark.parametrize(("separator", "encoding"), [(";", "cp1252"), (";", "utf-8-sig"), ("\t", "utf-8")])
def test_files_as_spreadsheets_write_them_elsewhere_are_read_alike(directory, separator, encoding):
    for name in ("products.csv", "stock.csv"):
        spoilt(directory, name, "日本 ☂", "€")
    plain = load_inventory(directory)
    for name in ("products.csv", "stock.csv"):
        text = (directory / name).read_text(encoding="utf-8").replace(",", separator)
        first, *others = text.splitlines()
        text = "\r\n".join([first + 2 * separator, *others, 5 * separator, ""])
        if separator == ";":
            text = re.sub(r"(?<=[0-9])\.(?=[0-9])", ",", text)
        (directory / name).write_bytes(text.encode(encoding))
    assert ("2,5" in text) is (separator == ";")
    assert load_inventory(directory) == plain


def test_with_semicolons_only_numbers_have_a_decimal_comma(directory):
    (directory / "products.csv").write_text(
        "sku;category;lifecycle;weight_g;brand;attributes.shelf_life\nA;tops;core;1 250;7,5;2,5\n", encoding="cp1252"
    )
    (directory / "stock.csv").write_text("node;sku;on_hand;daily_sales\nlyon;A;1\u00a0200;0,5\n", encoding="cp1252")
    inventory = load_inventory(directory)
    product = inventory.products["A"]
    assert (product.weight, product.brand, product.attributes) == (1_250, "7,5", {"shelf_life": 2_500_000})
    assert (inventory.stock, inventory.paces) == ({"A": {"lyon": 1_200}}, {"A": {"lyon": 500}})


def test_with_commas_a_decimal_comma_is_refused_with_its_place(directory):
    (directory / "stock.csv").write_text('node,sku,on_hand,daily_sales\nlyon,LAMP,1,"0,5"\n', encoding="utf-8")
    assert list(mistakes(directory)) == ["stock.csv:2: daily_sales"]


def test_a_row_that_is_too_long_or_too_short_is_refused(directory):
    (directory / "stock.csv").write_text(
        "node;sku;on_hand\nlyon;LAMP;1;2\nlyon;COAT\nlyon;SHIRT;3;\n", encoding="utf-8"
    )
    assert list(mistakes(directory)) == ["stock.csv:2: ", "stock.csv:3: "]


def test_an_attribute_that_is_not_declared_is_reported_once(directory):
    lines = (directory / "products.csv").read_text(encoding="utf-8").splitlines()
    wider = [lines[0] + ",attributes.colour", *(f"{line},red" for line in lines[1:])]
    (directory / "products.csv").write_text("\n".join(wider), encoding="utf-8")
    assert [place for place in mistakes(directory) if place.startswith("products.csv")] == [
        "products.csv:2: attributes.colour"
    ]


def test_a_margin_is_money_a_unit_and_part_of_the_version(directory):
    file = directory / "products.csv"
    rows = file.read_text(encoding="utf-8").splitlines()
    assert load_inventory(directory).products["SHIRT"].margin is None
    margins = ["unit_margin", "7.5", *("" for _ in rows[2:])]
    file.write_text("".join(f"{margin},{row}\n" for margin, row in zip(margins, rows, strict=True)), encoding="utf-8")
    inventory = load_inventory(directory)
    assert {sku: product.margin for sku, product in inventory.products.items() if product.margin is not None} == {
        "SHIRT": 7_500_000
    }
    assert inventory.network.version != load_inventory(SMALL).network.version
    file.write_text(file.read_text(encoding="utf-8").replace("7.5", "-7.5"), encoding="utf-8")
    assert list(mistakes(directory)) == ["products.csv:2: unit_margin"]


def test_products_alone_without_stock_are_no_mistake(directory):
    (directory / "stock.csv").write_text("node,sku,on_hand\n", encoding="utf-8")
    assert load_inventory(directory).stock == {}


HEAD = "country,postcode,latitude,longitude\n"


def with_postcodes(directory, rows):
    (directory / "postcodes.csv").write_text(HEAD + rows, encoding="utf-8")
    return directory


def test_postcodes_are_read_as_their_country_writes_them(directory):
    rows = "FR,75 003,48.863,2.359\nFR,69,45.8,4.7\nGB,kw172aa,58.9,-3.1\nGB,KW17,58.98,-3\n"
    assert load_inventory(with_postcodes(directory, rows)).network.postcodes == {
        "FR": {
            "75003": GeoPoint(latitude=48_863_000, longitude=2_359_000),
            "69": GeoPoint(latitude=45_800_000, longitude=4_700_000),
        },
        "GB": {
            "KW17 2AA": GeoPoint(latitude=58_900_000, longitude=-3_100_000),
            "KW17": GeoPoint(latitude=58_980_000, longitude=-3_000_000),
        },
    }
    assert load_inventory(SMALL).network.postcodes == {}


def test_mistakes_in_postcodes_name_their_row(directory, monkeypatch):
    rows = "FR,75003,48.863,2.359\nFR,F-75003,48.8,2.3\nFR,69*,45.8,4.7\nFR,13,5.4,43.3\nfr,13,43.3,5.4\nFR,14,91,0\n"
    assert mistakes(with_postcodes(directory, rows)) == {
        "postcodes.csv:3: postcode": "'75003' of FR stands here a second time",
        "postcodes.csv:4: postcode": "write the beginning of the postcode alone, such as 69 for 69*",
        "postcodes.csv:5: latitude": "this lies 2,016 km outside FR",
        "postcodes.csv:6: country": "write a code such as FR",
        "postcodes.csv:7: latitude": "91 is not between -90 and 90 degrees",
    }
    monkeypatch.setattr(postcodes, "MOST_POSTCODES", 1)
    assert (
        "more than 1 rows"
        in mistakes(with_postcodes(directory, "FR,75,48.8,2.3\nFR,69,45.8,4.7\n"))["postcodes.csv:3: "]
    )


def test_a_product_that_is_not_counted_has_no_stock(directory):
    path = directory / "products.csv"
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([f"{head},counted", *(f"{row}," for row in rows)]) + "\n", encoding="utf-8")
    assert all(item.counted for item in load_inventory(directory).products.values())
    uncounted = [f"{row},{'false' if 'SHIRT' in row else 'true'}" for row in rows]
    path.write_text("\n".join([f"{head},counted", *uncounted]) + "\n", encoding="utf-8")
    found = mistakes(directory)
    assert set(found.values()) == {not_counted("SHIRT")}
    assert all(where.startswith("stock.csv:") for where in found)


def test_stock_of_a_product_with_decimals_is_counted_in_the_smallest_unit(directory):
    path = directory / "products.csv"
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    with_decimals = [f"{row},{'m,2' if 'SHIRT' in row else ','}" for row in rows]
    path.write_text("\n".join([f"{head},unit,decimals", *with_decimals]) + "\n", encoding="utf-8")
    spoilt(directory, "stock.csv", "lyon,SHIRT,10,2.5", "lyon,SHIRT,10.25,2.5")
    inventory = load_inventory(directory)
    assert (inventory.network.decimals, inventory.products["SHIRT"].unit) == ({"SHIRT": 2}, "m")
    assert inventory.stock["SHIRT"] == {"lyon": 1_025, "paris": 400, "lille": 200}
    assert inventory.paces["SHIRT"]["lyon"] == 250_000
    spoilt(directory, "stock.csv", "lyon,SHIRT,10.25", "lyon,SHIRT,10.255")
    assert mistakes(directory) == {"stock.csv:2: on_hand": "'SHIRT' is counted with 2 decimals; 10.255 is finer"}


def test_the_words_of_orders_are_kept_by_the_fact_that_has_them(directory):
    spoilt(directory, "network.yaml", "currency:", "orders: {segments: [gold], tags: [gift, rush]}\ncurrency:")
    network = load_inventory(directory).network
    assert network.order_words == {"order.segment": {"gold"}, "order.tags": {"gift", "rush"}}
    assert network_of(network.version, network_record(network)) == network


def test_of_a_product_with_a_mistake_nothing_is_said_in_the_stock(directory):
    spoilt(directory, "products.csv", "core,250", 'core,"1,5"')
    assert list(mistakes(directory)) == ["products.csv:2: weight_g"]


def test_a_decimal_comma_and_a_french_weekday_in_the_network_are_told_what_to_write(directory):
    prices, cut_off = "[{up_to: 2 kg, costs: 1,90}]", '{parcel: {samedi: "12:00"}}'
    spoilt(directory, "network.yaml", "base: 5.00", f"base: 5.00\n    parcel_prices: {prices}")
    spoilt(directory, "network.yaml", "longitude: 3.05858\n", f"longitude: 3.05858\n    cut_offs: {cut_off}\n")
    said = {where.partition(": ")[2]: message for where, message in mistakes(directory).items()}
    assert said == {
        "services.0.parcel_prices.0.90": "Unknown field; write a point for the decimal comma before it",
        "nodes.2.cut_offs.parcel.samedi": "Unknown field; did you mean 'saturday'?",
    }


def test_what_is_to_come_of_a_position_stands_in_one_of_its_rows(directory):
    rows = ("lyon,SHIRT,L1,5,3,2026-12-12", "lyon,SHIRT,L2,5,4,2026-12-19", "lyon,SHIRT,L3,5,,")
    header = "node,sku,lot,on_hand,incoming,incoming_at"
    (directory / "stock.csv").write_text("\n".join((header, *rows)) + "\n", "utf-8")
    message = "another row says already what is to come of 'SHIRT' at 'lyon'; write all of it in one row"
    assert mistakes(directory) == {"stock.csv:3: incoming": message}
