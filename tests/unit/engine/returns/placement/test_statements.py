"""What becomes of a returned unit, and why it goes where it goes, in English and French."""

from typing import get_args

import pytest

from engine.audit.explanation.wording import Wording
from engine.decide.matching.matcher import Matcher
from engine.model.facts import StockPosition
from engine.model.transfer_lanes import NodeNames, TransferLane
from engine.returns.placement.disposal import Why
from engine.returns.placement.placement import Because, place_return
from engine.returns.placement.returned_unit import ReturnedUnit
from engine.returns.placement.statements import statements
from rules.effects import Disposition
from rules.wording.catalogue import load_catalogue
from tests.support.facts import EURO, NOW, PARIS, node, policies, product, snapshot
from tests.unit.engine.returns.placement.test_placement import RETURNS, facts


def said(*rules, language="en", scenario=None, grade="as_new", **more):
    scenario, rule_set = scenario or facts(), policies(*rules)
    matcher = Matcher(rule_set)
    unit = ReturnedUnit(sku="A", node="paris", grade=grade)
    placement = place_return(unit, snapshot=scenario, matcher=matcher, now=NOW, **more)
    matcher.close()
    wording = Wording(catalogue=load_catalogue(language), network=scenario.network, policies=rule_set)
    return [wording.sentence(item) for item in statements(placement)]


def test_there_is_a_text_for_each_reason_and_no_other():
    reasons = [f"because.{code}" for code in get_args(Because) if code != "leaves"]
    besides = [
        "if_restocked",
        "other",
        "other_tier",
        "more_places",
        "excluded",
        "full",
        "why.by_person_as",
        "why.by_rules_as",
    ]
    keys = {f"explanation.return.{key}" for key in (*reasons, *besides, *(f"why.{why}" for why in get_args(Why)))}
    assert {key for key in load_catalogue("en").texts if key.startswith("explanation.return.")} == keys


def test_a_unit_that_moves():
    assert said() == [
        (
            "No rule says what becomes of the unit. Units of grade as_new may be sold as they are, so it is put in "
            "stock again."
        ),
        (
            "It goes from paris to lille. The chance that it sells there within 14 days is 100%, which is worth "
            "10.00 EUR, and moving it costs 1.00 EUR: it gains 9.00 EUR more than at paris."
        ),
        "At lyon it would gain 2.47 EUR less: its chance is 75%, and moving it costs 1.00 EUR.",
        "At hub it would gain 10.00 EUR less: its chance is 0%, and moving it costs 1.00 EUR.",
    ]
    assert said(language="fr")[1] == (
        "Elle va de paris à lille. La chance qu'elle s'y vende en 14 jours est de 100\u00a0%, ce qui vaut 10,00 EUR, "
        "et la déplacer coûte 1,00 EUR\u00a0: elle gagne 9,00 EUR de plus qu'à paris."
    )


@pytest.mark.parametrize(
    ("rules", "more", "english", "french"),
    [
        (
            ["then: {disposition: donate}"],
            {},
            ['By the rules, the returned unit is given away. The rule is test/r1 ("a reason").'],
            ["Selon les règles, l'unité retournée est donnée. La règle est test/r1 («\u00a0a reason\u00a0»)."],
        ),
        (
            ["then: {disposition: refurbish, as_sku: A-OUT}"],
            {"products": [product(), product("A-OUT")]},
            [
                (
                    "By the rules, the returned unit is mended or cleaned before it is sold again, as A-OUT. "
                    'The rule is test/r1 ("a reason").'
                )
            ],
            [
                (
                    "Selon les règles, l'unité retournée est réparée ou nettoyée avant d'être revendue, sous A-OUT. "
                    "La règle est test/r1 («\u00a0a reason\u00a0»)."
                )
            ],
        ),
        (
            ["then: {as_sku: NONE}"],
            {},
            [
                (
                    "A rule puts the unit in stock as NONE, an article that the network does not have. It waits in "
                    'quarantine for a person to decide. The rule is test/r1 ("a reason").'
                )
            ],
            [
                (
                    "Une règle remet l'unité en stock sous NONE, un article que le réseau n'a pas. Elle attend en "
                    "quarantaine qu'une personne décide. La règle est test/r1 («\u00a0a reason\u00a0»)."
                )
            ],
        ),
    ],
)
def test_a_unit_that_is_not_put_in_stock(rules, more, english, french):
    assert said(*rules, scenario=facts(**more)) == english
    assert said(*rules, scenario=facts(**more), language="fr") == french


@pytest.mark.parametrize(
    ("grade", "rules", "beginning"),
    [
        ("worn", [], "No rule says what becomes of the unit, and units of grade worn may not be sold as they are. It "),
        (
            None,
            [],
            "No rule says what becomes of the unit, and it has no grade yet. It waits in quarantine for a person",
        ),
        (
            "worn",
            ["then: {disposition: restock}"],
            "A rule would put the unit in stock again, but units of grade worn may not be sold as they are. It waits",
        ),
    ],
)
def test_what_waits_for_a_person_says_what_the_places_would_gain(grade, rules, beginning):
    first, second, third, *_ = said(*rules, grade=grade)
    assert first.startswith(beginning)
    assert second == "If it is put in stock, this is what the places gain."
    assert third.startswith("It goes from paris to lille.")


def test_a_person_who_decided_is_named_as_such():
    (only,) = said(decided=Disposition.DESTROY)
    assert only == "A person decided what becomes of the unit: the returned unit is destroyed."


def test_reasons_to_stay():
    assert said(scenario=facts(margin=None))[1] == (
        "It stays at paris. The article has no margin, so it is not known what it would gain elsewhere."
    )
    assert said(scenario=facts(lanes=()))[1:] == ["It stays at paris, for there is no other place that it could go to."]
    stock = {"paris": StockPosition(on_hand=0, pace=100)}
    assert said(scenario=facts(stock, margin=EURO))[1] == (
        "It stays at paris. The chance that it sells there within 14 days is 75%, which is worth 0.75 EUR: it would "
        "gain more nowhere else."
    )


def test_rules_about_places_are_named():
    tier = said(f"when: {{node.id: lyon, {RETURNS}}}, then: {{tier: 1}}")
    assert tier[1].endswith('The rule is test/r1 ("a reason").')
    assert tier[1].startswith("It goes from paris to lyon, because rules put that place first or exclude paris.")
    assert tier[2] == (
        "lille is of tier 5 and comes later, whatever the unit gains there: 9.00 EUR more than where it lies, by a "
        "chance of 100%, and moving it costs 1.00 EUR."
    )
    excluded = said(f"when: {{node.type: {{not: store}}, {RETURNS}}}, then: {{exclude: true}}")
    assert excluded[-1] == 'It may not go to hub. The rule is test/r1 ("a reason").'
    full = said("when: {node.id: lille}, then: {max: 0}")
    assert full[-1] == "lille: no more of the article should be there."


def test_of_many_places_some_are_named():
    nodes = [node("paris", PARIS), *(node(f"shop{number}", PARIS, type="store") for number in range(9))]
    names = NodeNames(nodes=frozenset(item.id for item in nodes))
    scenario = snapshot(
        nodes,
        {"A": {item.id: StockPosition(on_hand=0, pace=9) for item in nodes}},
        products=[product(margin=EURO)],
        transfer_lanes=(TransferLane(origin=names, goal=names, takes=0),),
    )
    sentences = said(scenario=scenario)
    assert sentences[2:] == [
        *(
            f"At shop{number} it would gain 0.00 EUR less: its chance is 11%, and moving it costs 0.00 EUR."
            for number in range(5)
        ),
        "4 more places would gain less.",
    ]
