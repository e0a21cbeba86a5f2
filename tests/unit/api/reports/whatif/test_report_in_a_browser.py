"""A browser draws the report by its own style alone, on a phone and on a desk, light and dark, and prints it whole."""

import pytest
from pypdfium2 import PdfDocument

from api.reports.whatif.report import report_html
from tests.support.browser import AXE, CHROMIUM, browser, looked_at
from tests.support.naughty_strings import naughty_words
from tests.support.whatif_records import whatif_record

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed (make .venv/.npm)"),
]
LONG = "Réacheminementintercommunautairedesapprovisionnementsexceptionnels"
RECORDS = {
    "one": lambda: whatif_record(decisions=20),
    "sweep": lambda: whatif_record(drafts=2, decisions=6, draft_names=["carbon/x.price=1", "carbon/x.price=2"]),
    "unchanged": lambda: whatif_record(changing=0.0),
    "hostile": lambda: whatif_record([LONG, *naughty_words()], decisions=20, draft_names=[f"{LONG} <img src=x>"]),
}


@pytest.fixture(scope="module")
def opened():
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")

    def page(name, language):
        path = folder / f"{name}.{language}.html"
        if not path.exists():
            path.write_bytes(report_html(RECORDS[name](), language))
        return path.as_uri()

    return page


@pytest.mark.parametrize(
    ("name", "language", "window"),
    [
        ("one", "en", (1_440, "light")),
        ("sweep", "fr", (360, "dark")),
        ("unchanged", "fr", (1_440, "light")),
        ("hostile", "en", (360, "light")),
        ("hostile", "fr", (1_440, "dark")),
    ],
)
def test_nothing_is_complained_of_or_asked_for_nothing_sticks_out_and_nothing_keeps_people_from_reading(
    opened, pages, name, language, window
):
    width, scheme = window
    with looked_at(opened, pages(name, language), width=width, scheme=scheme) as look:
        assert (look.complaints, look.requests) == ([], [])
        assert look.sticking_out == []
        assert look.barriers == []


def test_what_is_looked_for_would_be_found(opened, tmp_path):
    """So that the test above can fail."""
    path = tmp_path / "page.html"
    policy = "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'\">"
    path.write_text(f"<html>{policy}<p style='width:99rem'>x</p><img src='https://example.invalid/x.png'></html>")
    with looked_at(opened, path.as_uri(), width=360, scheme="light") as look:
        assert len(look.complaints) >= 2
        assert {"html-has-lang", "image-alt", "document-title"} <= {rule for rule, _ in look.barriers}
    path.write_text("<html><p><b><img width=900 height=9 src='data:,'></b></p></html>")
    with looked_at(opened, path.as_uri(), width=360, scheme="light") as look:
        assert len(look.sticking_out) >= 2


@pytest.mark.parametrize("name", ["one", "sweep"])
def test_it_is_printed_whole_with_tables_that_are_folded_on_the_screen(opened, pages, name):
    with looked_at(opened, pages(name, "en"), width=1_440, scheme="dark") as look:
        document = PdfDocument(look.page.pdf(prefer_css_page_size=True))
        texts = [page.get_textpage().get_text_range() for page in document]
        text = " ".join("\n".join(texts).split())
        sizes = {tuple(round(side) for side in page.get_size()) for page in document}
        corners = {page.render(scale=0.5).to_pil().getpixel((2, 2)) for page in document}
    assert sizes == {(595, 842)}
    assert 2 <= len(texts) <= 40
    assert "What to know about these figures" in texts[-1]
    # in the legend of the map, and in two tables that are folded on the screen
    assert text.count("units without it") >= 3
    # nothing is cut at the edge of the paper: the columns at the right of the widest tables are there whole
    assert "units unfilled" in text
    assert corners == {(255, 255, 255)}
