"""Every kind of statement has a sentence in the catalogues, and every sentence there a kind."""

import re
from pathlib import Path
from typing import get_args

import pytest

from engine.audit.explanation.barriers import BARRIER_CODES
from engine.audit.explanation.comparison import OF_UNITS, Loss, Part
from engine.audit.explanation.costs import Costs
from engine.audit.explanation.questions import QuestionCode
from engine.audit.explanation.statement import Coded, Count, Duration, Names, Parts, Rules, Statement
from engine.audit.explanation.wording import Wording
from engine.decide.decision import LookaheadState
from rules.wording.catalogue import ENGLISH, load_catalogue
from tests.support.facts import EURO, network, node, policies

SOURCES = Path("engine/audit/explanation")
KIND = re.compile(r'"((?:chosen|cost|history|place|kept|parcels|farther|stock|service|unfilled|change)\.\w+)"')
MADE_OF_PARTS = {
    *(f"place.{code}" for code in BARRIER_CODES),
    *(f"chosen.{kind}_late" for kind in ("shipment", "shipment_to_place", "collected")),
    *(f"chosen.{kind}" for kind in ("shipment", "shipment_to_place", "collected")),
    *(f"cost.{effect}" for effect in ("prefer", "avoid")),
    *(f"cost.lookahead_{state}" for state in set(get_args(LookaheadState)) - {"used"}),
    *(f"{said}.lookahead{dated}" for said in ("cost", "place") for dated in ("", "_undated")),
    *(f"history.{because}" for because in ("rejected", "stock", "amended", "late", "late_whenever")),
    *(f"history.lacked_{took}" for took in ("units", "room")),
    *(f"loss.{part}" for part in get_args(Part)),
    *(f"loss.{part}_uncounted" for part in OF_UNITS),
    *(f"asks.{code}" for code in get_args(QuestionCode)),
    *(f"parts.{name}" for name in ("carriage", "handling", "carbon", "rules", "lookahead", "splits", "none")),
    *(f"would_ship.{name}" for name in ("shipment", "nothing", "unfilled")),
    *("money", "more", "co2", "units", "units_with_decimals", "names_and_others", "rule", "rules", "changed"),
}
"""Texts whose key is put together, and those of values."""


def wording(language=ENGLISH, rules=()):
    return Wording(catalogue=load_catalogue(language), network=network([node("lyon")]), policies=policies(*rules))


def test_every_text_is_said_and_everything_said_has_a_text():
    texts = {key for key in load_catalogue(ENGLISH).texts if re.match(r"explanation\.(?!return\.)", key)}
    kinds = {kind for path in SOURCES.rglob("*.py") for kind in KIND.findall(path.read_text())}
    assert {f"explanation.{key}" for key in kinds | MADE_OF_PARTS} == texts


@pytest.mark.parametrize(
    ("value", "english", "french"),
    [
        (Names(("a",)), "a", "a"),
        (Names(tuple("abcdefg")), "a, b, c, d, e, f and g", "a, b, c, d, e, f et g"),
        (Names(tuple("abcdefgh")), "a, b, c, d, e, f and 2 others", "a, b, c, d, e, f et 2 autres"),
        (Duration(61), "1 hour and 1 minute", "1 heure et 1 minute"),
        (Duration(120), "2 hours", "2 heures"),
        (Count(7), "7", "7"),
        (Parts(Costs()), "nothing", "rien"),
        (
            Parts(Costs(carriage=3_100_000, carbon=-700_000), extra=True),
            "carriage +3.10 EUR, price of CO2e -0.70 EUR",
            "transport +3,10 EUR, prix du CO2e -0,70 EUR",
        ),
        (Coded("damaged", "choices.damaged"), "because they are damaged", "parce qu'elles sont abîmées"),
        (Rules(("test/r1",)), 'test/r1 ("a reason")', "test/r1 («\xa0a reason\xa0»)"),
        (Rules(("gone/r1",)), "gone/r1", "gone/r1"),
        (
            Rules(("gone/r1",), {"gone/r1": {"fr": "Parce que"}}),
            'gone/r1 ("Parce que")',
            "gone/r1 («\xa0Parce que\xa0»)",
        ),
    ],
)
def test_values_are_said_in_the_languages_form(value, english, french):
    rules = ["then: {hold: 1 h}"]
    assert wording("en", rules).words(value) == english
    assert wording("fr", rules).words(value) == french


@pytest.mark.parametrize(
    ("by", "scale", "text"),
    [
        (1, 1, "1 unit more would have stayed unfilled"),
        (2, 1, "2 units more would have stayed unfilled"),
        (150, 100, "1.5 units more would have stayed unfilled"),
        (100, 100, "1 unit more would have stayed unfilled"),
        (150, None, "more of the order would have stayed unfilled"),
    ],
)
def test_units_unfilled_are_counted_in_whole_ones_if_that_means_something(by, scale, text):
    said = wording().words(Loss(part="unfilled", by=by, costs=Costs(carriage=EURO), co2=0, scale=scale))
    assert said == f"{text}, and filling an order comes before what it costs"


def test_the_rules_behind_a_statement_come_last():
    statement = Statement(kind="chosen.nothing", rules=Rules(("test/r1", "test/r2")))
    rules = ["then: {hold: 1 h}", "then: {hold: 2 h}"]
    assert wording("en", rules).sentence(statement) == (
        'Nothing ships. The rules are test/r1 ("a reason") and test/r2 ("a reason").'
    )
