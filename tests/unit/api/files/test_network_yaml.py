"""Calendars, lanes, prices and carbon in network.yaml: read, stored and read back, or reported as a mistake."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from marshmallow import fields
from msgspec import UNSET, structs

from api.files.inventory_folder import load_inventory
from api.files.inventory_shapes import NetworkShape
from api.files.network_yaml import read_network
from api.records.stock.master_data import NodeFieldsRecord
from engine.decide.rule_facts import service_facts
from engine.model.demand import DemandTerms
from engine.model.facts import Lane, ParcelPrice, UnitPrice
from engine.model.feed_steps import FeedStep
from engine.model.returns import Grade
from engine.model.timetable import WHOLE_DAY, Timetable
from engine.store.network.serialization import dump, network_of, network_record
from rules.syntax.literals import share as share_in
from tests.conftest import SMALL
from tests.support.clocks import date, hours, running

FILE = Path(__file__).parents[3] / "data" / "calendars.yaml"
TEXT = FILE.read_text(encoding="utf-8")


def network(text=TEXT):
    mistakes_found = []
    network = read_network(Path("network.yaml"), text.encode(), mistakes_found)
    assert mistakes_found == []
    return network


def mistakes(*replaced):
    """The fields and messages of the file with texts, in pairs, put for others."""
    text = TEXT
    for before, after in zip(replaced[::2], replaced[1::2], strict=True):
        assert before in text
        text = text.replace(before, after, 1)
    mistakes_found = []
    assert read_network(Path("network.yaml"), text.encode(), mistakes_found) is None
    assert all(note.where.startswith("network.yaml:") for note in mistakes_found)
    return {note.field: note.message for note in mistakes_found}


def test_a_cut_off_may_be_of_some_weekdays_alone():
    hub = network(TEXT.replace('parcel: "16:30"', 'parcel: {sunday: "18:00", monday: "23:00"}', 1)).nodes["hub"]
    assert hub.cut_offs["parcel"] == (23 * 60, *(1_440,) * 5, 18 * 60)
    stored = network_of("v", network_record(replace(network(), nodes={"hub": hub})))
    assert stored.nodes["hub"].cut_offs == hub.cut_offs


@pytest.mark.parametrize(
    ("written", "field", "message"),
    [
        ("{}", "nodes.0.cut_offs.parcel", "write the cut-off of some weekday"),
        ('{tue: "16:30"}', "nodes.0.cut_offs.parcel.tue", "unknown"),
        ('{tuesday: "16:30", friday: noon}', "nodes.0.cut_offs.parcel.friday", "no time of day"),
    ],
)
def test_a_cut_off_of_weekdays_that_cannot_be_read_is_a_mistake(written, field, message):
    found = mistakes('parcel: "16:30"', f"parcel: {written}")
    assert [name for name in found if name.startswith("nodes.0.cut_offs.parcel")] != [], found
    assert message in " ".join(found.values()).lower(), found


@pytest.mark.parametrize(
    ("written", "shares"),
    [
        ("{picked: 40%, packed: 66.66%}", {"picked": 4_000, "packed": 6_666}),
        ("{released: 0%}", {"released": 0}),
        ("{}", {}),
    ],
)
def test_a_node_says_which_milestones_it_reports_and_how_much_of_the_preparation_is_over(written, shares):
    read = network(TEXT.replace("    cut_offs:", f"    milestones: {written}\n    cut_offs:", 1))
    hub = read.nodes["hub"]
    assert hub.milestones == shares
    assert network_of("v", network_record(read)).nodes["hub"].milestones == shares
    fields = structs.asdict(NodeFieldsRecord.of(hub))["milestones"]
    assert {name: share_in(text) for name, text in fields.items()} == shares
    assert network().nodes["hub"].milestones is None
    assert NodeFieldsRecord.of(network().nodes["hub"]).milestones is UNSET


@pytest.mark.parametrize(
    ("written", "field", "message"),
    [
        ("{picked: 60%, packed: 50%}", "packed", "'packed' comes after 'picked', so its share can't be smaller"),
        ("{packed: 101%}", "packed", "'101%' is not between 0% and 100%"),
        ("{packed: 30 min}", "packed", "is no share"),
        ("{pickd: 30%}", "pickd", "Unknown field"),
        ("{handed_over: 100%}", "handed_over", "Unknown field"),
    ],
)
def test_milestones_that_cannot_be_meant_are_mistakes(written, field, message):
    found = mistakes("    cut_offs:", f"    milestones: {written}\n    cut_offs:")
    assert list(found) == [f"nodes.0.milestones.{field}"]
    assert message in found[f"nodes.0.milestones.{field}"]


def test_what_must_come_before_a_cut_off_is_the_instant_of_placing_unless_the_network_says_otherwise():
    usual, decided = network(), network("cut_off_by: decided\n" + TEXT)
    assert usual.came_in(1_000, 5_000) == 1_000
    assert usual.came_in(1_000, 1_000_000) == 1_000_000 - 2 * 3_600, "placed long ago"
    assert usual.came_in(6_000, 5_000) == 5_000, "by a clock that is ahead"
    assert decided.came_in(1_000, 5_000) == 5_000
    assert network("cut_off_grace: 30 min\n" + TEXT).came_in(0, 1_000_000) == 1_000_000 - 1_800
    assert list(mistakes("currency: ", "cut_off_by: paid\ncurrency: ")) == ["cut_off_by"]


def test_opening_hours_days_off_and_cut_offs_are_read():
    nodes = network().nodes
    closed_days = {day: [] for day in ("wednesday", "thursday", "friday", "sunday")}
    assert nodes["london"].hours == hours(
        monday=["14:00-19:00"],
        tuesday=["09:30-12:30", "14:00-19:00"],
        saturday=["09:30-19:00"],
        closed=["2026-06-30", "2026-12-26"],
        **closed_days,
    )
    assert nodes["lille"].hours.week[4:] == (((480, 1_440),), ((0, 360),), ())
    assert (nodes["hub"].hours, nodes["hub"].cut_offs) == (None, {"parcel": 990, "freight": 1_440})
    assert (nodes["london"].time_zone, nodes["hub"].time_zone) == ("Europe/London", None)
    assert (nodes["hub"].handling, nodes["hub"].unit_handling, nodes["hub"].daily_orders) == (800_000, 150_000, 400)


def test_a_place_may_limit_the_shipments_of_an_hour():
    hub = network(TEXT.replace("    daily_orders: 400\n", "    hourly_orders: 30\n")).nodes["hub"]
    assert (hub.daily_orders, hub.hourly_orders) == (None, 30)


def test_days_off_without_hours_leave_whole_days():
    text = TEXT.replace("    daily_orders: 400\n", "    closed: [france]\n")
    hours = network(text).nodes["hub"].hours
    assert hours == Timetable(closed=frozenset({date("2026-05-01"), date("2026-12-25")}))
    assert hours.spans(date("2026-12-24")) == WHOLE_DAY
    assert hours.spans(date("2026-12-25")) == ()


def test_running_days_speeds_prices_and_emissions_are_read():
    services = network().services
    weekdays = ("monday", "tuesday", "wednesday", "thursday", "friday")
    parcel, freight = services["parcel"], services["freight"]
    assert parcel.runs == running(*weekdays, closed=["2026-05-01", "2026-12-25", "2026-05-15"])
    assert parcel.unit_prices == (
        UnitPrice(up_to=1_000, base=500_000),
        UnitPrice(up_to=30_000, base=200_000, per_kg=150_000),
    )
    assert (freight.runs, freight.transit, freight.daily_distance) == (None, (), 600_000)
    # of the mode, unless the service says its own
    assert (parcel.emission, parcel.drop) == (100_000, 200_000)
    assert (freight.emission, freight.drop) == (62_500, 900_000)
    assert (services["sail"].emission, services["sail"].drop) == (7_000, 0)


def test_prices_by_the_weight_of_a_shipment_are_read():
    bands = "[{up_to: 2 kg, costs: 1.90}, {up_to: 3 kg, costs: 0.10, per_kg: 0.60, at_least: 2.50}]"
    later = bands.replace("}]", "}, {over: 5 kg, up_to: 9 kg, costs: 8.00}]")
    text = TEXT.replace("    daily_distance: 600 km", f"    parcel_prices: {later}\n    daily_distance: 600 km")
    assert network(text).services["freight"].parcel_prices == (
        ParcelPrice(over=0, up_to=2_000, base=1_900_000),
        ParcelPrice(over=2_000, up_to=3_000, base=100_000, per_gram=600, at_least=2_500_000),
        ParcelPrice(over=5_000, up_to=9_000, base=8_000_000),
    )


def test_a_carrier_is_read_kept_and_a_fact_of_rules():
    written = network(TEXT.replace("id: parcel\n", "id: parcel\n    carrier: colissimo\n", 1))
    assert network_of(written.version, network_record(written)) == written
    assert service_facts(written.services["parcel"])["service.carrier"] == "colissimo"
    assert service_facts(written.services["sail"])["service.carrier"] is None


def test_lanes_are_read_in_their_order():
    assert network().lanes == (
        Lane(
            nodes=frozenset({"hub"}),
            groups=frozenset({"shops"}),
            tags=frozenset({"small"}),
            country="FR",
            region="Corse",
            postcode="20*",
            services=frozenset({"parcel"}),
            served=False,
        ),
        Lane(groups=frozenset({"shops"}), country="G?", distance=480_500, takes=72 * 60),
    )


def test_what_is_kept_in_the_store_is_what_was_read():
    written = network("reserve_before: 5 d\ncut_off_by: decided\ncut_off_grace: 30 min\n" + TEXT)
    assert written.reserve_before == 5 * 24 * 60
    assert network_of(written.version, network_record(written)) == written


def test_where_paces_of_sale_come_from_is_read_and_the_usual_where_nothing_is_said():
    assert network().demand == DemandTerms(source="file", window=28, method="auto", sale_reasons=frozenset({"sale"}))
    written = network("demand: {from: log, window: 10 d, method: mean, sale_reasons: [till, vente]}\n" + TEXT)
    assert written.demand == DemandTerms(
        source="log", window=10, method="mean", sale_reasons=frozenset({"till", "vente"})
    )
    assert network_of(written.version, network_record(written)) == written
    assert "demand" not in network_record(network()), "the version of a network that says nothing stays"


@pytest.mark.parametrize(
    ("demand", "field"),
    [
        ("{from: dreams}", "demand.from"),
        ("{window: 36 h}", "demand.window"),
        ("{window: 400 d}", "demand.window"),
        ("{window: 0 d}", "demand.window"),
        ("{method: median}", "demand.method"),
        ("{sale_reasons: []}", "demand.sale_reasons"),
        ("{since: 2026}", "demand.since"),
    ],
)
def test_what_is_wrong_with_where_paces_come_from_is_said(demand, field):
    mistakes = []
    assert read_network(Path("network.yaml"), f"demand: {demand}\n{TEXT}".encode(), mistakes) is None
    assert [mistake.field for mistake in mistakes] == [field]


RETURNS = """
returns:
  window: 14 d
  reasons: {too_small: {en: too small, fr: trop petit}, other: {}}
  grades: {as_new: {restock: true, fr: comme neuf}, worn: {restock: false}}
"""


def test_what_a_network_says_of_returns_stands_in_place_of_what_is_usual():
    written = network(RETURNS + TEXT)
    assert (written.returns.window, written.returns.expires) == (14, 30)
    assert written.returns.reasons == {"too_small": {"en": "too small", "fr": "trop petit"}, "other": {}}
    assert written.returns.grades == {
        "as_new": Grade(restock=True, words={"fr": "comme neuf"}),
        "worn": Grade(restock=False),
    }
    assert network_of(written.version, network_record(written)) == written


def test_a_network_without_returns_has_the_usual_reasons_and_grades():
    usual = network(TEXT).returns
    assert usual.reasons["changed_mind"]["fr"] == "a changé d'avis"
    assert [name for name, grade in usual.grades.items() if grade.restock] == ["as_new"]


def test_a_network_without_any_of_these_keeps_the_version_it_always_had():
    small = load_inventory(SMALL).network
    words = (b"hours", b"cut_offs", b"lanes", b"runs", b"daily", b"group", b"unit_", b"time_zone", b"reserve_before")
    words += (b"carrier", b"cut_off_", b"returns")
    assert [
        word for word in words if word in dump(network_record(small)).replace(b'"time_zone":"Europe/Paris"', b"")
    ] == []


@pytest.mark.parametrize(
    ("replaced", "field", "message"),
    [
        (
            ("currency: EUR", "returns: {window: 36 h}\ncurrency: EUR"),
            "returns.window",
            "write it in whole days, such as 30 d",
        ),
        (
            ("currency: EUR", "returns: {grades: {worn: {}}}\ncurrency: EUR"),
            "returns.grades.worn.restock",
            "Missing data for required field",
        ),
        (
            ("hours: shop", "hours: shops"),
            "nodes.1.hours",
            "no opening_hours go by the name 'shops'; did you mean 'shop'?",
        ),
        (("hours: shop", "hours: [shop]"), "nodes.1.hours", "Not a valid string"),
        (("14:00-19:00", "19:00-14:00"), "opening_hours.shop.monday.0", "ends before it starts"),
        (("14:00-19:00", "14:00"), "opening_hours.shop.monday.0", "09:00-18:30"),
        (("14:00-19:00", "14:00-25:00"), "opening_hours.shop.monday.0", "no time of day"),
        (("12:30", "14:30"), "opening_hours.shop.tuesday", "in the order of the day"),
        (("    monday:", "    montag:"), "opening_hours.shop.montag", "Unknown"),
        (
            ('{friday: ["08:00-24:00"], saturday: ["00:00-06:00"]}', "{friday: []}"),
            "nodes.2.hours",
            "some time of the week",
        ),
        (("closed: [stock", "closed: [shock"), "nodes.1.closed.0", "did you mean 'stocktaking'?"),
        (("2026-05-15", "2026-05-32"), "services.0.closed.1", "no date, as 2026-12-25"),
        (("dates: [2026-05-01", "dates: [Mayday"), "holidays.france.dates.0", "no date"),
        (("stocktaking: {", "2026-06-30: {"), "holidays.2026-06-30", "is a date"),
        (("runs: [monday", "runs: [lundi"), "services.0.runs.0", "Must be one of"),
        (("cut_offs: {parcel", "cut_offs: {parcels"), "nodes.0.cut_offs.parcels", "did you mean 'parcel'?"),
        (('"16:30"', '"24:30"'), "nodes.0.cut_offs.parcel", "no time of day"),
        (("Europe/London", "Europe/Londres"), "nodes.1.time_zone", "no time zone"),
        (("daily_orders: 400", "hourly_orders: 0.5"), "nodes.0.hourly_orders", "finer than one"),
        (("daily_orders: 400", "daily_orders: 0.5"), "nodes.0.daily_orders", "finer than one"),
        (("daily_distance: 600 km", "daily_distance: 600 m"), "services.1.daily_distance", "at least 1 km"),
        (("    daily_distance: 600 km\n", ""), "services.1.transit", "either transit or daily_distance"),
        (
            ("transit: [{up_to: 9000", "daily_distance: 1 km\n    transit: [{up_to: 9000"),
            "services.2.transit",
            "either transit or daily_distance",
        ),
        (("up_to: 30 kg", "up_to: 1 kg"), "services.0.unit_prices", "further"),
        *(
            (("    daily_distance: 600 km", f"    {wrong}\n    daily_distance: 600 km"), f"services.1.{place}", text)
            for wrong, place, text in (
                ("parcel_prices: [{over: 2 kg, up_to: 2 kg, costs: 1.00}]", "parcel_prices.0", "reach further"),
                (
                    "parcel_prices: [{up_to: 2 kg, costs: 1.00}, {over: 1 kg, up_to: 3 kg, costs: 2.00}]",
                    "parcel_prices.1",
                    "where the one before ends",
                ),
                (
                    "parcel_prices: [{up_to: 2 kg, costs: 1.00, per_kg: 0.0005}]",
                    "parcel_prices.0.per_kg",
                    "steps of 0.001",
                ),
                ("parcel_prices: []", "parcel_prices", "Shorter than minimum length"),
                ("per_kg: 1.00\n    parcel_prices: [{up_to: 2 kg, costs: 1.00}]", "per_kg", "replace per_kg"),
                (
                    "unit_prices: [{up_to: 1 kg, costs: 1.00}]\n    parcel_prices: [{up_to: 2 kg, costs: 1.00}]",
                    "unit_prices",
                    "replace unit_prices",
                ),
            )
        ),
        (("    unit_prices:", "    per_kg: 0.10\n    unit_prices:"), "services.0.per_kg", "in each of their bands"),
        (
            ("{grams_per_tonne_km: 62.5, source", "{grams_per_tonne_km: 62.5, origin"),
            "services.1.emission.source",
            "Missing",
        ),
        (
            ('    emission: {grams_per_tonne_km: 7, source: "stands for the mode\'s, which is not given"}\n', ""),
            "services.2.mode",
            "there is no 'rail' under emissions",
        ),
        (("nodes: [hub]", "nodes: [hut]"), "lanes.0.from.nodes.0", "no node is 'hut'; did you mean 'hub'?"),
        (("groups: [shops], tags", "groups: [shop], tags"), "lanes.0.from.groups.0", "no node has the group 'shop'"),
        (("tags: [small]}", "tags: [big]}"), "lanes.0.from.tags.0", "no node has the tag 'big'"),
        (("{groups: [shops]}", "{groups: []}"), "lanes.1.from", "which nodes"),
        (('to: {country: "G?"}', "to: {}"), "lanes.1.to", "where it leads"),
        (('to: {country: "G?"}', "to: {country: Great*}"), "lanes.1.to.country", "a code such as FR, or a glob"),
        (("country: FR\n    hours", "country: France\n    hours"), "nodes.2.country", "write a code such as FR"),
        (
            ("    unit_prices:", "    countries: [FR, fr]\n    unit_prices:"),
            "services.0.countries.1",
            "write a code such as FR",
        ),
        (
            ("services: [parcel]\n    no_service", "services: [collect]\n    no_service"),
            "lanes.0.services.0",
            "that travels",
        ),
        (("no_service: true", "no_service: false"), "lanes.0.no_service", "distance, takes or both"),
        (
            ("no_service: true", "no_service: true\n    takes: 1 h"),
            "lanes.0.no_service",
            "or else only no_service: true",
        ),
        (("480.5 km", "480.55 km"), "lanes.1.distance", "steps of 100 m"),
        (("hours: {friday", "preparation: 366 d\n    hours: {friday"), "nodes.2.preparation", "more than a year"),
        (("takes: 24 h", "takes: 366 d"), "services.0.transit", "more than a year"),
        (("base: 40.00", "base: 40.00\n    per_km: 1000000.00"), "services.1.per_km", "set max_distance"),
        (
            ("grams_per_tonne_km: 7,", "grams_per_tonne_km: 100001,"),
            "services.2.emission.grams_per_tonne_km",
            "more than can be meant",
        ),
        (
            ('["08:00-24:00"], saturday: ["00:00-06:00"]', '[], sunday: ["08:00-12:00"]'),
            "nodes.2.services.0",
            "every weekday on which 'parcel' runs",
        ),
    ],
)
def test_a_mistake_is_reported_with_its_place(replaced, field, message):
    messages = mistakes(*replaced)
    assert field in messages, messages
    assert message in messages[field]


def keys(shape):
    """Every key that the shape and those in it take."""
    for name, field in shape.fields.items():
        yield field.data_key or name
        inner = [field, getattr(field, "inner", None), getattr(field, "value_field", None)]
        for part in inner:
            if isinstance(part, fields.Nested):
                yield from keys(part.schema)


def test_the_page_of_network_files_shows_every_key_there_is():
    shown = (Path(__file__).parents[4] / "docs" / "network-files.md").read_text(encoding="utf-8")
    documented = {*keys(NetworkShape()), "monday", "tuesday", "friday", "saturday"} - {
        "wednesday",
        "thursday",
        "sunday",
    }
    assert {"grams_per_tonne_km", "cut_offs", "no_service", "from", "costs"} <= documented
    assert {key for key in documented if not re.search(rf"[\s{{]{key}:", shown)} == set()


def test_rates_are_read_in_billionths_and_others_are_refused():
    assert network("rates: {SEK: 0.0902, KRW: 0.000621}\n" + TEXT).rates == {"SEK": 90_200_000, "KRW": 621_000}
    for rate, message in (
        ("SEK: 0", "'0' is no rate above 0 and up to 1,000,000, with at most nine decimals"),
        ("SEK: 0.0000000001", "'0.0000000001' is no rate above 0 and up to 1,000,000, with at most nine decimals"),
        ("SEK: cheap", "'cheap' is no rate; write what one unit is worth, such as 0.0902"),
        ("EUR: 1", "this is the network's own currency; leave it out"),
    ):
        assert list(mistakes("currency: EUR\n", f"currency: EUR\nrates: {{{rate}}}\n").values()) == [message]


def test_a_place_without_coordinates_needs_lanes_that_say_how_far_it_is():
    hub = TEXT[TEXT.index("  - id: hub\n") :]
    coordinates = re.search(r"    latitude: .*\n    longitude: .*\n", hub).group()
    message = "the node has no coordinates, and no lane from it says how far 'parcel' goes; add one of them"
    assert message in mistakes(coordinates, "").values()
    measured = ("    no_service: true\n", "    distance: 900 km\n")
    assert (
        network(TEXT.replace(coordinates, "", 1).replace(*measured).replace("    services: [parcel]\n", "", 1))
        .nodes["hub"]
        .place
        is None
    )


def test_a_place_far_outside_of_its_country_is_a_mistake():
    found = mistakes("    latitude: 45.74846", "    latitude: -45.74846")
    assert [field.split(".")[2] for field in found] == ["latitude"]
    assert "km outside FR" in next(iter(found.values()))


def test_the_postcodes_of_lanes_are_read_in_capitals():
    lanes = network(TEXT.replace('postcode: "20*"', 'postcode: "kw17*"')).lanes
    assert lanes[0].postcode == "KW17*"


def test_steps_of_feeds_are_read_stored_and_read_back():
    def written(steps):
        return f"currency: EUR\nchannels: [web, app]\nfeed_steps: {{{steps}}}\n"

    steps = {"web": FeedStep(units=3), "app": FeedStep(share=1_000)}
    read = network(TEXT.replace("currency: EUR\n", written("web: 3, app: 10%")))
    assert read.feed_steps == steps
    assert network_of(read.version, network_record(read)) == read
    for step, message in (
        ("0", "'0' is no step: write 1 to 1000000 units, or a share such as 10%"),
        ("1000001", "'1000001' is no step: write 1 to 1000000 units, or a share such as 10%"),
        ("many", "'many' is no amount; write for example 12"),
        ("110%", "'110%' is not between 0% and 100%"),
        ("[3]", "a single value is expected here"),
    ):
        assert mistakes("currency: EUR\n", written(f"web: {step}")) == {"feed_steps.web": message}
    assert "channels does not list 'shop'" in next(iter(mistakes("currency: EUR\n", written("shop: 3")).values()))
