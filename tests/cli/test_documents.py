"""The README, the pages in docs/ and the commands' help say what is so, and leave nothing out."""

import json
import os
import re
from pathlib import Path

import pytest

from api.http.blueprint import components
from api.http.requests.quotes import TakeUpRequest
from api.records.events import DATA_RECORDS, EventRecord
from api.shapes.order import OrderRequest
from api.shapes.quote import CartRequest, PromisesRequest
from engine.decide.facts_record import FactsRecord
from engine.decide.promises.quote_record import QuoteRecord
from engine.decide.reasons import REASON_CODES, reason_texts
from engine.decide.record import DecisionRecord
from engine.events.payloads_by_type import PAYLOADS
from rules.wording.catalogue import ENGLISH
from tests.support.openapi import mistakes_in_json

README = Path("README.md")
PAGES = sorted(Path("docs").rglob("*.md"))
FOR_WHOM = re.compile(r"\bFor (everybody|engineers|merchandisers|OMS teams|auditors|those)|\bPour (les|tous|tout)")
MOST_BYTES_OF_README = 8 * 1024


def page(name: str) -> str:
    return (Path("docs") / name).read_text(encoding="utf-8")


def test_the_event_shown_is_of_the_form_that_is_sent() -> None:
    (shown,) = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", page("events.md"), re.DOTALL))
    shapes = components({EventRecord, *DATA_RECORDS})
    assert mistakes_in_json(EventRecord, shown, shapes) == []
    assert mistakes_in_json(PAYLOADS[shown["type"]], shown["data"], shapes) == []


def test_every_reason_is_on_the_page_of_the_decision_record_in_its_words() -> None:
    for code in REASON_CODES:
        assert f"| `{code}` | {reason_texts(code)[ENGLISH]}" in page("decision-record.md")


def test_every_field_of_a_decision_is_on_its_page() -> None:
    named = {part for name in re.findall(r"`([\w.]+)`", page("decision-record.md")) for part in name.split(".")}
    assert set(DecisionRecord.__struct_fields__) - named == set()


def test_the_decision_shown_is_of_the_form_that_is_answered() -> None:
    decision, facts = (
        json.loads(block) for block in re.findall(r"```json\n(.*?)```", page("decision-record.md"), re.DOTALL)
    )
    (order,) = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", page("http-api.md"), re.DOTALL))
    assert mistakes_in_json(DecisionRecord, decision, components([DecisionRecord])) == []
    assert mistakes_in_json(FactsRecord, facts, components([FactsRecord])) == []
    assert order == json.loads(Path("examples/hexagone/order.json").read_text())
    assert OrderRequest().load(order).id == decision["order"]["id"]


@pytest.mark.parametrize("name", ["quotes.md", "fr/devis.md"])
def test_the_quote_shown_is_of_the_form_that_is_answered_and_every_field_is_explained(name: str) -> None:
    text = page(name)
    (shown,) = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL))
    assert mistakes_in_json(QuoteRecord, shown, components([QuoteRecord])) == []
    named = {
        part for words in re.findall(r"^\| (`.*?) \|", text, re.MULTILINE) for part in re.findall(r"`(\w+)`", words)
    }
    assert {
        *shown["promises"][0],
        *CartRequest().fields,
        *PromisesRequest().fields,
        *TakeUpRequest().fields,
    } - named == {
        "skus",
        "quantity",
    }, "which the text explains"


def test_the_rule_in_the_readme_is_one_that_ships() -> None:
    shown = re.search(r"```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert shown
    rule = shown[1].partition("rules:\n")[2].replace("product.lifecycle: end_of_line", "is: end-of-line")
    assert rule.strip() in Path("policies/clearance.yaml").read_text(encoding="utf-8")


def test_the_readme_is_read_in_a_few_minutes() -> None:
    assert len(README.read_bytes()) <= MOST_BYTES_OF_README


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_each_page_opens_with_whom_it_is_for(path: Path) -> None:
    title, _, text = path.read_text(encoding="utf-8").partition("\n\n")
    assert title.startswith("# ")
    assert FOR_WHOM.search(text.partition("\n\n")[0]), "say in the first paragraph whom the page is for"


@pytest.mark.parametrize(
    "path", [README, *PAGES, *sorted(Path("examples").rglob("*.md")), Path("policies/README.md")], ids=str
)
def test_every_link_between_pages_leads_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        target, _, anchor = link.partition("#")
        if "://" in target:
            continue
        linked = path.parent / target if target else path
        assert linked.exists(), f"{path} links to {link}"
        if anchor:
            heads = re.findall(r"^#+ (.*)", linked.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}, (
                f"{path} links to {link}"
            )


def test_every_page_is_reached_from_the_readme() -> None:
    found, unread = {README}, [README]
    while unread:
        page = unread.pop()
        links = re.findall(r"\]\(([^)#\s]+\.md)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        linked = {Path(os.path.normpath(page.parent / link)) for link in links if "://" not in link}
        unread += linked - found
        found |= linked
    assert set(PAGES) <= found


def test_the_french_page_of_the_language_has_every_example_of_the_english_one() -> None:
    """Facts, conditions, windows and effects: the first column of each table is code, the same in every language."""
    english, _, _ = page("policy-language.md").partition("\n## In an editor\n")
    french, _, _ = page("fr/langage-des-regles.md").partition("\n## Dans un éditeur\n")
    assert re.findall(r"^\| (`.*?`) \|", french, re.MULTILINE) == re.findall(r"^\| (`.*?`) \|", english, re.MULTILINE)
