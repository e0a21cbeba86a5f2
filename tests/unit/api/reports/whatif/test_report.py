"""The report of a what-if as a page: it says what the command says, and nothing in it is anything but text."""

import html
import re
from html.parser import HTMLParser

import pytest
from msgspec import structs

from api.cli.whatif.headline import draft_headline
from api.language.current import speaking
from api.records.whatif_breakdown import WhatIfShippedRecord
from api.records.whatif_rolled import WhatIfChangeRecord, WhatIfClosureRecord
from api.reports.self_contained import style_policy
from api.reports.whatif.places import days
from api.reports.whatif.report import report_html
from tests.support.naughty_strings import naughty_words
from tests.support.whatif_records import rolled_record, whatif_record

OWN = (
    "</title><script>alert(1)</script>",
    '" onload="alert(1)',
    "'><img src=x onerror=alert(1)>",
    "</style><style>*{display:none}",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "]]><svg onload=alert(1)>",
    "=HYPERLINK(1)",
    "Réacheminement intercommunautaire des approvisionnements exceptionnels",
)
KNOWN_TAGS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "header",
        "section",
        "article",
        "div",
        "span",
        "p",
        "ul",
    ),
    *("li", "h1", "h2", "h3", "h4", "h5", "dl", "dt", "dd", "table", "caption", "thead", "tbody", "tfoot", "tr", "th"),
    *(
        "td",
        "figure",
        "figcaption",
        "details",
        "summary",
        "small",
        "svg",
        "g",
        "line",
        "rect",
        "circle",
        "path",
        "text",
    ),
    *("polygon", "polyline"),
}
KNOWN_ATTRIBUTES = {
    *("lang", "charset", "name", "content", "http-equiv", "class", "id", "role", "tabindex", "scope", "viewbox"),
    *("focusable", "cx", "cy", "r", "x", "y", "x1", "x2", "y1", "y2", "dy", "width", "height", "rx", "d", "points"),
    *(
        "fill-rule",
        "stroke-width",
        "text-anchor",
        "preserveaspectratio",
        "aria-label",
        "aria-hidden",
        "aria-labelledby",
    ),
}


class Page(HTMLParser):
    """The tags and attributes of a page, its pictures, and its text."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.tags, self.attributes, self.pictures, self.texts = set(), set(), [], []
        self.feed(content.decode())

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag == "svg":
            self.pictures.append(dict(attrs))

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.texts))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_names_of_whatever_kind_are_text_and_nothing_else(language):
    words = [*OWN, *naughty_words()]
    record = whatif_record(words, drafts=3, decisions=len(words), draft_names=OWN[:3])
    content = report_html(record, language)
    page = Page(content)
    assert page.tags <= KNOWN_TAGS
    assert page.attributes <= KNOWN_ATTRIBUTES
    assert content.count(b"<style>") == content.count(b"</style>") == content.count(b"</title>\n<style>") == 1
    for name in OWN[:3]:
        assert name in page.text
    assert "{{ 7 * 7 }}" in page.text


def test_the_page_allows_itself_its_own_style_and_nothing_more():
    content = report_html(whatif_record(), "en").decode()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', content)
    (style,) = re.findall(r"<style>(.*?)</style>", content, re.DOTALL)
    assert html.unescape(policy) == style_policy(style)
    assert html.unescape(policy).startswith("default-src 'none'; style-src 'sha256-")
    assert not re.search(r"https?://|url\(|@import|style=|src=|href=", content)


def test_every_picture_has_a_name_or_is_a_swatch_beside_its_name():
    page = Page(report_html(whatif_record(drafts=2), "fr"))
    assert len(page.pictures) > 30
    for picture in page.pictures:
        if picture.get("aria-hidden") == "true":
            assert picture["class"] == "swatch"
        else:
            assert (picture["role"], bool(picture["aria-label"].strip())) == ("img", True)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_headline_is_the_sentence_of_the_command(language):
    record = whatif_record(draft_names=["dearer carbon"])
    with speaking(language):
        sentence = draft_headline(record.drafts[0], "EUR")
    (heading,) = re.findall(r"<h1>(.*?)</h1>", report_html(record, language).decode())
    assert html.unescape(heading) == sentence
    assert "dearer carbon" in sentence


def test_load_by_day_shows_the_places_and_days_where_it_changes():
    record = whatif_record()
    draft = record.drafts[0]
    (first, *_), same = draft.days, WhatIfShippedRecord(shipments=1, units=5)
    more = structs.replace(same, units=7)
    rows = [
        structs.replace(first, node="moves", date="2026-11-27", baseline=same, draft=more),
        structs.replace(first, node="stays", date="2026-11-30", baseline=same, draft=same),
    ]
    view = days(structs.replace(draft, days=rows))
    assert [name for name, _ in view.charts] == ["moves"]
    assert "30 Nov" not in view.charts[0][1]
    still = days(structs.replace(draft, days=rows[1:]))
    assert [name for name, _ in still.charts] == ["stays"]


def test_a_language_that_nobody_speaks_is_english_and_the_language_before_comes_back():
    record = whatif_record()
    with speaking("fr"):
        assert b'<html lang="en">' in report_html(record, "tlh")
        assert b'<html lang="en">' not in report_html(record, "fr")


def test_a_draft_that_changes_nothing_says_so_and_shows_no_differences():
    page = Page(report_html(whatif_record(changing=0.0, draft_names=["same"]), "en"))
    assert "same would have decided everything the same" in page.text
    assert "Nothing ships from elsewhere" in page.text
    assert "What made the difference in cost" not in page.text
    assert page.text.count("as before") >= 4


def test_several_drafts_are_beside_one_another_and_of_many_only_the_best_are_taken_apart():
    names = [f"carbon/price.carbon_price={number}" for number in range(14)]
    page = Page(report_html(whatif_record(drafts=14, decisions=10, draft_names=names), "en"))
    assert "Of 14 drafts, " in page.text
    assert page.text.count("Who ships whereto") <= 4
    assert "Of 10 drafts only the figures are shown (" in page.text
    assert "Of 14 drafts, carbon_price " in page.text
    assert "Cost and CO2e" in page.text


def test_places_that_nobody_knows_leave_the_table_and_no_map():
    record = whatif_record()
    nodes = {name: structs.replace(place, latitude=None, longitude=None) for name, place in record.places.nodes.items()}
    record = structs.replace(record, places=structs.replace(record.places, nodes=nodes))
    page = Page(report_html(record, "en"))
    assert "there is no map" in page.text
    assert "By place" in page.text


def test_of_a_draft_that_was_rolled_forward_it_is_said_what_is_left_and_what_ran_out():
    record = whatif_record(changing=0.0)
    closed = WhatIfClosureRecord(node="st-lyon", since=None, until=None)
    change = WhatIfChangeRecord(closed=[closed], volume_percent=130)
    (draft,) = record.drafts
    draft = structs.replace(draft, rolled=rolled_record(), change=change)
    page = Page(report_html(structs.replace(record, way="rolled_forward", drafts=[draft]), "en"))
    assert "rolled forward: stock evolves under the draft" in page.text
    assert "you capture 67 % of what was possible: 1.00 of 1.50 EUR, on 4 orders with the same units" in page.text
    assert "Each decision is tried alone" not in page.text
    assert "st-lyon closed" in page.text
    assert "130% of the orders" in page.text
    assert "60.0%" in page.text
    assert "75.0%" in page.text
    assert "1 position run out with the draft alone" in page.text
    assert "st-paris 1 at FR Bretagne since" in page.text


def test_what_could_not_be_tried_is_said():
    page = Page(report_html(whatif_record(), "en"))
    assert "1 decision could not be tried" in page.text
    assert "Each decision is tried alone" in page.text


def test_the_page_is_the_same_each_time():
    assert report_html(whatif_record(), "en") == report_html(whatif_record(), "en")
