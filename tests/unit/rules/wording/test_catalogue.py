"""Catalogues: which languages there are, what a catalogue must have, and how its texts are filled in."""

import ast
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.decide.reasons import REASON_CODES
from rules.conditions import UNWRITTEN, Operator
from rules.effects import OF_RETURNS, OF_SHIPMENTS, STAGE_OF
from rules.errors import CatalogueInvalid
from rules.syntax.condition_parser import COMBINATORS
from rules.syntax.policy_shapes import PolicyShape, RuleShape
from rules.vocabulary import VOCABULARY, Stage
from rules.wording.catalogue import ENGLISH, FOLDER, available_languages, load_catalogue, load_catalogues

PRODUCT = ("rules", "engine", "api")
LANGUAGES = frozenset(available_languages())


def catalogue_file(folder: Path, change: Callable[[dict[str, Any]], Any], language: str = "xx") -> None:
    """A catalogue that is the English one but for a change."""
    document = yaml.load((FOLDER / "en.yaml").read_bytes(), Loader=yaml.CBaseLoader)
    change(document)
    (folder / f"{language}.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")


def refusal(folder: Path, change: Callable[[dict[str, Any]], Any]) -> str:
    catalogue_file(folder, change)
    with pytest.raises(CatalogueInvalid) as error:
        load_catalogue("xx", folder)
    return str(error.value)


def test_the_languages_are_the_files_of_the_folder(tmp_path):
    assert available_languages() == ("en", "fr")
    for name in ("nl.yaml", "de.yaml", "notes.txt"):
        (tmp_path / name).touch()
    assert available_languages(tmp_path) == ("de", "nl")


def test_every_catalogue_that_ships_has_the_keys_and_placeholders_of_the_reference():
    assert [catalogue.language for catalogue in load_catalogues()] == list(available_languages())


def test_the_reference_has_a_text_for_every_word_of_the_policy_language():
    texts = load_catalogue(ENGLISH).texts

    def keys(section: str) -> set[str]:
        return {key.removeprefix(f"{section}.") for key in texts if key.startswith(f"{section}.")}

    facts = VOCABULARY.values()
    effects = {key.partition(".")[0] for key in keys("effects")}
    operators = {operator.value for operator in Operator if operator not in UNWRITTEN}
    shape_keys = {
        field.data_key or name for shape in (PolicyShape, RuleShape) for name, field in shape().fields.items()
    }
    assert keys("facts") == {f"{path}.{name}" for path in VOCABULARY for name in ("noun", "is", "is_not")}
    assert keys("choices") == {word for fact in facts for word in fact.choices}
    variants = {"exclude_unless_needed", "max_shipments_unless_needed", "hold_until_shipped", "hold_after_shipping"}
    variants |= {f"{name}_shipment" for name in OF_SHIPMENTS} | {f"{name}_return" for name in OF_RETURNS}
    variants.add("exclude_return_unless_needed")
    assert effects == {*STAGE_OF, *variants}
    assert keys("reasons") == set(REASON_CODES)
    assert keys("editor.facts") == set(VOCABULARY)
    assert keys("editor.kinds") == {fact.kind.name.lower() for fact in facts}
    assert keys("editor.stages") == {stage.name.lower() for stage in Stage}
    assert keys("editor.operators") == {*operators, *COMBINATORS, "not", "is"}
    own_keys = {"channel", "units", "share", "cover", "min", "max", "per", "at_most", "unless_needed"}
    assert keys("editor.keys") == {*shape_keys, *own_keys}
    assert keys("editor.effects") == set(STAGE_OF)


@pytest.mark.parametrize("catalogue", load_catalogues(), ids=lambda catalogue: catalogue.language)
def test_no_two_facts_have_the_same_noun(catalogue):
    nouns = [catalogue.text(f"facts.{path}.noun") for path in VOCABULARY]
    assert len(set(nouns)) == len(nouns)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda raw: raw["choices"].pop("store"), "xx.yaml: choices.store is missing"),
        (lambda raw: raw["choices"].update(shop="a shop"), "xx.yaml: choices.shop is unknown"),
        (
            lambda raw: raw["windows"].update(until="until {then}"),
            "xx.yaml: windows.until needs the placeholders ['end'] and has ['then']",
        ),
        (
            lambda raw: raw["durations"].update(days=["{count} day", "{count} days", "{count} days"]),
            "xx.yaml: durations.days has 3 forms; it may have 1 or 2",
        ),
        (
            lambda raw: raw["choices"].update(store=["a store", "stores"]),
            "xx.yaml: choices.store has 2 forms; it may have 1",
        ),
    ],
)
def test_a_catalogue_that_differs_from_the_reference_is_refused(tmp_path, change, message):
    assert refusal(tmp_path, change) == message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda raw: raw["grammar"].pop("plural"), "xx.yaml: grammar needs the keys plural, decimal_mark, "),
        (lambda raw: raw["grammar"].update(plural="n !"), "xx.yaml: "),
        (lambda raw: raw["windows"].update(until="until {end"), "xx.yaml: "),
        (lambda raw: raw.clear(), "xx.yaml: grammar needs the keys "),
    ],
)
def test_a_catalogue_that_makes_no_sense_is_refused_by_its_name(tmp_path, change, message):
    assert refusal(tmp_path, change).startswith(message)


def test_a_file_that_is_no_yaml_is_refused_by_its_name(tmp_path):
    (tmp_path / "xx.yaml").write_text("grammar: [")
    with pytest.raises(CatalogueInvalid, match=r"^xx\.yaml: "):
        load_catalogue("xx", tmp_path)


def test_all_mistakes_of_a_catalogue_are_reported_together(tmp_path):
    def change(raw: dict[str, Any]) -> None:
        del raw["choices"]["store"], raw["choices"]["van"]

    assert refusal(tmp_path, change).splitlines() == [
        "xx.yaml: choices.store is missing",
        "xx.yaml: choices.van is missing",
    ]


@pytest.mark.parametrize(
    ("plural", "days", "expected"),
    [
        ("n != 1", ["{count} day", "{count} days"], ["0 days", "1 day", "2 days", "5 days", "21 days"]),
        (
            "n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2",
            ["{count} день", "{count} дня", "{count} дней"],
            ["0 дней", "1 день", "2 дня", "5 дней", "21 день"],
        ),
        ("0", "{count}日", ["0日", "1日", "2日", "5日", "21日"]),
    ],
)
def test_a_language_has_the_plural_forms_it_needs(tmp_path, plural, days, expected):
    def change(raw: dict[str, Any]) -> None:
        raw["grammar"]["plural"] = plural
        raw.update(_with_forms(raw, len(days) if isinstance(days, list) else 1))
        raw["durations"]["days"] = days

    catalogue_file(tmp_path, change)
    catalogue = load_catalogue("xx", tmp_path)
    assert [catalogue.counted("durations.days", count) for count in (0, 1, 2, 5, 21)] == expected


def _with_forms(node: Any, count: int) -> Any:
    """The document with its plural forms cut or repeated to so many."""
    if isinstance(node, dict):
        return {key: inner if key == "grammar" else _with_forms(inner, count) for key, inner in node.items()}
    return (node * count)[:count] if isinstance(node, list) else node


def test_words_are_joined_as_the_language_joins_them():
    english, french = load_catalogue("en"), load_catalogue("fr")
    words = ["a", "b", "c"]
    assert [english.join("or", words[:count]) for count in (1, 2, 3)] == ["a", "a or b", "a, b or c"]
    assert french.join("weekdays", words) == "a et le b et le c"


def test_a_value_with_braces_is_left_as_it_is():
    assert load_catalogue(ENGLISH).text("windows.until", end="{start}") == "until {start}"


def test_words_are_contracted_where_they_meet_but_not_inside_quotes_or_words():
    french = load_catalogue("fr")
    assert french.contract('Si il est "Si il" ou MaSi ilot') == 'S\'il est "Si il" ou MaSi ilot'


def test_a_catalogue_is_read_once(tmp_path):
    shutil.copy(FOLDER / "fr.yaml", tmp_path / "fr.yaml")
    first = load_catalogue("fr", tmp_path)
    (tmp_path / "fr.yaml").unlink()
    assert load_catalogue("fr", tmp_path) is first


def _names_and_texts(tree: ast.AST) -> Iterator[str]:
    """The texts that stand in code, and the names of its variables, fields and arguments."""
    for node in ast.walk(tree):
        match node:
            case (
                ast.Constant(value=str() as word)
                | ast.Name(id=word)
                | ast.Attribute(attr=word)
                | ast.arg(arg=word)
                | ast.keyword(arg=str() as word)
            ):
                yield word


def test_no_code_names_a_language_but_the_default():
    files = [path for floor in PRODUCT for path in Path(floor).rglob("*.py")]
    texts = {str(path): path.read_text(encoding="utf-8") for path in files}
    word = re.compile(rf"\b(?:{'|'.join(LANGUAGES)})\b")  # few files have one, and to parse all takes long
    words = {path: _names_and_texts(ast.parse(text)) for path, text in texts.items() if word.search(text)}
    languages = {path: LANGUAGES.intersection(words_of_file) for path, words_of_file in words.items()}
    assert {path: codes for path, codes in languages.items() if codes} == {"rules/wording/catalogue.py": {ENGLISH}}


def test_french_elides_before_a_vowel_but_not_in_quotes():
    said = load_catalogue("fr").contract("3 unités de ELE-0001 et de TXT-0001 (« de un à deux »)")
    assert said == "3 unités d'ELE-0001 et de TXT-0001 (« de un à deux »)"
