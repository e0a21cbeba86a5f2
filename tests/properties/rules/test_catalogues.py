"""Every word of an explanation comes from the catalogue: a third language shows no English, and no text lies unused."""

import datetime
import re
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from rules.conditions import All, AnyOf
from rules.editor.json_schema import policy_schema
from rules.vocabulary import Kind
from rules.wording import amounts
from rules.wording.catalogue import FOLDER, Catalogue, load_catalogue
from rules.wording.comparison_phrases import clause
from rules.wording.explain import condition_text, explain
from tests.properties.rules import condition_trees
from tests.support.wording_examples import CONDITIONS, EFFECTS, WINDOWS, rule

AMOUNTS = [
    (Kind.DURATION, 60),
    (Kind.DISTANCE, 10),
    (Kind.CARBON, 10),
    (Kind.NUMBER, -1),
    (Kind.INSTANT, 86_400 + 1),
]
THREE_OF_EACH = [
    ("order.channel: [web, app, social]", "prefer: 1, tier: 1, exclude: true"),
    ("product.tags: {has_all: [fragile, bulky, gift]}", "tier: 1"),
]
DAYS = range(datetime.date(2026, 1, 1).toordinal(), datetime.date(2027, 1, 1).toordinal())
USED_ELSEWHERE = re.compile(r"reasons\.|node_rest$|explanation\.|transfer_line$|papers\.|editor\.terms\.")
"""Texts that only decisions, proposed transfers, papers of parcels and forms of rules use."""


def third_language(folder: Path, mark: Callable[[str, str], str]) -> Catalogue:
    """The catalogue of a language whose texts are those of English, each piece between placeholders marked."""
    document = yaml.load((FOLDER / "en.yaml").read_bytes(), Loader=yaml.CBaseLoader)
    grammar = {**document.pop("grammar"), "subjects": []}
    (folder / "xx.yaml").write_text(yaml.safe_dump({"grammar": grammar, **_marked(document, "", mark)}))
    return load_catalogue("xx", folder)


def _marked(node: Any, path: str, mark: Callable[[str, str], str]) -> Any:
    if isinstance(node, dict):
        return {key: _marked(inner, f"{path}.{key}", mark) for key, inner in node.items()}
    if isinstance(node, list):
        return [_marked(item, path, mark) for item in node]
    pieces = string.Formatter().parse(node)
    return "".join(
        mark(piece.replace("{", "{{").replace("}", "}}"), path[1:]) + ("" if name is None else f"{{{name}}}")
        for piece, name, _, _ in pieces
    )


def explanations(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """What the author wrote and how it is explained, until every text of rules has been used."""
    for when, then in THREE_OF_EACH:
        yield f"{when} {then}", explain(rule(when, then), catalogue)
    for when, _, _ in CONDITIONS:
        yield when, explain(rule(when), catalogue)
    for then, _, _ in EFFECTS:
        yield then, explain(rule(then=then), catalogue)
    heavy = "shipment.weight: {more_than: 20 kg}"
    yield heavy, explain(rule(heavy, "exclude: true"), catalogue)
    allotment = "allocate: {channel: p, units: 1, per: window}"
    yield allotment, explain(rule(then=allotment, window="until: 2026-12-01"), catalogue)
    for window, _, _ in WINDOWS:
        yield window, explain(rule("node.type: store", window=window, more="overrides: [p/s, p/t]"), catalogue)
    yield "", explain(rule(more="disabled: true"), catalogue)
    weekdays = "monday, tuesday, wednesday, thursday, friday, saturday, sunday"
    yield weekdays, explain(rule(window=f"weekdays: [{weekdays}]"), catalogue)
    for fact in condition_trees.FACTS:
        for compared in condition_trees.every_comparison(fact):
            for negated in (False, True):
                yield f"{fact.path} {compared.operands}", clause(compared, catalogue, negated=negated)
    for empty in (All(parts=()), AnyOf(parts=())):
        yield "", condition_text(empty, catalogue)
    for kind, value in (*AMOUNTS, *((Kind.DATE, day) for day in DAYS)):
        yield "", amounts.amount(kind, value, catalogue)


def test_an_explanation_in_a_third_language_has_no_word_of_english(tmp_path):
    catalogue = third_language(tmp_path, lambda piece, _: f"«{piece}»" if piece else "")
    count = 0
    for written, text in explanations(catalogue):
        count += 1
        left = re.sub("«[^«»]*»", " ", text)
        assert "«" not in left
        unmarked = set(re.findall(r"[^\W\d_]{2,}", left))
        assert unmarked <= set(re.findall(r"[^\W\d_]{2,}", f"{written} heavy p s t")), text
    assert count > 20_000


def test_a_hover_text_in_a_third_language_has_no_word_of_english(tmp_path):
    catalogue = third_language(tmp_path, lambda piece, _: f"«{piece}»" if piece else "")
    identifiers = re.compile(
        r"`\w+`|\b(order|now|line|product|node|stock|service|route|shipment|rejection|return|need|promise)\b"
    )
    hovers = list(_hover_texts(policy_schema([catalogue])))
    assert len(hovers) > 150
    assert {identifiers.sub("", re.sub("«[^«»]*»", " ", text)).strip() for text in hovers} == {""}


def _hover_texts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("markdownDescription"), str):
            yield node["markdownDescription"]
        if "enumDescriptions" in node:
            yield from node["enumDescriptions"]
        for inner in node.values():
            yield from _hover_texts(inner)
    for inner in node if isinstance(node, list) else ():
        yield from _hover_texts(inner)


def test_no_text_of_a_catalogue_lies_unused(tmp_path):
    catalogue = third_language(tmp_path, lambda _, key: f"«{key}»")
    texts = [text for _, text in explanations(catalogue)] + list(_hover_texts(policy_schema([catalogue])))
    used = {key for text in texts for key in re.findall("«([^«»]*)»", text)}
    with_a_piece = {key for key, forms in catalogue.texts.items() if "«" in forms[0]}
    assert {key for key in with_a_piece - used if not USED_ELSEWHERE.match(key)} == set()
