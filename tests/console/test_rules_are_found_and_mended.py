"""Policies: rules are searched, changed from where they are read, written with a decimal comma, and mended."""

import os
import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.console.cookies import LANGUAGE
from api.console.form_values import plain_number
from api.language.current import say_number, speaking
from tests.conftest import examples
from tests.support.console import verify_pages

DRAFT = "/policies/drafts/mended"
PUSH = f"{DRAFT}/rule/clearance/push"
CLEARANCE = """\
policy: clearance
owner: Zoé
terms: {dear: {order.value: {more_than: 90}}, light: {order.weight: {at_most: 2 kg}}}
rules:
  - id: push
    because: {en: Shops are full, fr: Les boutiques débordent}
    when: {is: dear, node.type: store}
    then: {prefer: 4.00} # euros
  - id: wait
    because: {en: Wait a little, fr: Attendre un peu}
    then: {hold: 1 h}
"""
OTHER = "policy: other\nowner: Ada\nrules:\n  - {id: near, because: Nearest first, then: {prefer: 1.00}}\n"
FILES = {"clearance.yaml": CLEARANCE, "other.yaml": OTHER}
MISTAKEN = {**FILES, "clearance.yaml": CLEARANCE.replace("prefer: 4.00", 'prefer: "4,50"')}


@pytest.fixture(autouse=True)
def begun(site):
    """The draft as it is at the beginning of each test."""
    save(site, FILES)


def save(site, files):
    drafts = site.pointsman.policy_drafts
    before = next((its.tag for its in drafts.all() if its.name == "mended"), "")
    drafts.save("mended", files, base=None, before=before, who="Zoé")


def text(site):
    return site.pointsman.policy_drafts.show("mended").draft.files["clearance.yaml"]


def tag(site):
    return f'"{site.pointsman.policy_drafts.show("mended").tag}"'


def page(site, path, language="fr"):
    client = site.client("merchandiser")
    client.set_cookie(LANGUAGE, language, path="/console")
    answer = client.get(f"/console{path}")
    assert answer.status_code == 200, path
    return unescape(answer.text)


def sent(site, path, language="fr", **fields):
    client = site.client("merchandiser")
    client.set_cookie(LANGUAGE, language, path="/console")
    token = site.csrf(site.session("merchandiser"))
    return client.post(f"/console{path}", data={"csrf": token, "key": os.urandom(8).hex(), **fields})


def test_an_amount_is_shown_and_taken_as_french_writes_it(site):
    form = page(site, PUSH)
    assert 'name="e0-value" type="text" value="4,00"' in form
    for written, value in (("4,50", "4.50"), ("1\N{NARROW NO-BREAK SPACE}234,5", "1234.5"), ("1.25", "1.25")):
        saved = site.send_rule(PUSH, language="fr", **{"e0-value": written})
        assert saved.status_code == 303, saved.text
        assert text(site) == CLEARANCE.replace("4.00", value)
        save(site, FILES)


def test_a_value_that_is_no_amount_keeps_the_form_open_and_saves_nothing(site):
    for language, written, told in (
        ("fr", "beaucoup", "'beaucoup' n'est pas un montant"),
        ("en", "4,50", "write a point for the decimal comma"),
    ):
        answer = site.send_rule(PUSH, language=language, **{"e0-value": written, "because-fr": "Trop"})
        assert answer.status_code == 422
        shown = unescape(answer.text)
        assert re.search(rf'name="e0-value"[^>]*value="{written}"[^>]*aria-invalid="true"', shown)
        assert told in shown[shown.index('class="wrong"') :]
        assert 'value="Trop"' in shown
        assert text(site) == CLEARANCE


def test_a_new_rule_takes_a_decimal_comma_and_keeps_what_is_no_amount(site):
    fields = {
        "policy": "clearance",
        "id": "new",
        "because-fr": "Utile",
        "conditions": "1",
        "c0-fact": "order.value",
        "c0-operator": "more_than",
        "c0-value0": "1 000,50",
        "effects": "1",
        "e0-name": "prefer",
        "e0-way": "0",
        "deed": "save",
    }
    refused = sent(site, f"{DRAFT}/new-rule", **fields, **{"e0-value": "peu"})
    assert refused.status_code == 422
    shown = unescape(refused.text)
    assert 'value="1000,50"' in shown
    assert 'value="peu"' in shown
    assert "'peu' n'est pas un montant" in shown
    assert text(site) == CLEARANCE
    assert sent(site, f"{DRAFT}/new-rule", **fields, **{"e0-value": "0,75"}).status_code == 303
    assert text(site).startswith(CLEARANCE)
    assert all(value in text(site) for value in ("1000.50", "prefer: 0.75"))


def test_a_rule_with_a_mistake_stays_in_the_draft_with_a_way_to_mend_it(site):
    save(site, {**MISTAKEN, "broken.yaml": "policy: ["})
    draft = page(site, DRAFT)
    wrong = draft[draft.index('id="clearance-push"') : draft.index('id="clearance-wait"')]
    assert "a des erreurs" in wrong
    assert "'4,50' n'est pas un montant" in wrong
    assert f"/console{PUSH}" in wrong
    assert "clearance.yaml:8" in wrong
    good = draft[draft.index('id="clearance-wait"') :]
    assert "réservées 1 heure" in re.search("</h3>\n<p>(.*?)</p>", good)[1]
    assert "Aucune règle de ce fichier" in draft[draft.index('aria-label="broken.yaml"') :]
    form = page(site, PUSH)
    assert re.search(r'name="e0-value"[^>]*value="4,50"[^>]*aria-invalid="true"', form)
    saved = site.send_rule(PUSH, language="fr")
    assert saved.status_code == 303
    assert 'prefer: "4.50"' in text(site)
    assert "a des erreurs" not in page(site, DRAFT)[: page(site, DRAFT).index('aria-label="broken.yaml"')]


def test_what_a_form_can_not_mend_of_a_rule_is_said_above_it(site):
    save(
        site, {**FILES, "clearance.yaml": CLEARANCE.replace("    then: {prefer", "    colour: red\n    then: {prefer")}
    )
    form = page(site, PUSH, "en")
    assert "unknown key 'colour'" in form
    assert 'aria-invalid="true"' not in form
    assert site.send_rule(PUSH, language="fr", **{"e0-value": "5,00"}).status_code == 303
    assert "colour: red\n    then: {prefer: 5.00}" in text(site)
    site.send_rule(PUSH, others=None)
    assert "colour" not in text(site)


def test_a_draft_with_mistakes_can_not_be_published_and_says_why_once(site):
    save(site, MISTAKEN)
    before = site.pointsman.versions.published()
    form = page(site, f"{DRAFT}/publish")
    assert f'action="/console{DRAFT}/publish"' not in form
    assert "une fois ses erreurs corrigées" in form
    check = page(site, f"{DRAFT}/check")
    assert f'class="button" href="/console{DRAFT}/try"' in check
    answer = sent(site, f"{DRAFT}/publish", tag=tag(site), note="x")
    assert answer.status_code == 422
    shown = unescape(re.sub(r"<li data-finding[^>]*>", "", answer.text))
    assert shown.count("n'est pas un montant") == 1
    assert "bad-value" not in shown
    assert site.pointsman.versions.published() == before
    save(site, FILES)
    assert f'class="button main" href="/console{DRAFT}/try"' in page(site, f"{DRAFT}/check")
    assert f'action="/console{DRAFT}/publish"' in page(site, f"{DRAFT}/publish")


def test_a_named_condition_is_chosen_from_the_terms_and_words_have_names(site):
    form = page(site, PUSH)
    assert "Condition nommée" in form
    names = re.search(r'<select[^>]* name="c0-term"[^>]*>(.*?)</select>', form, re.DOTALL)
    assert re.findall(r'value="([^"]*)"', names[1]) == ["dear", "light"]
    assert "la commande vaut plus de 90,00" in form
    assert re.search(r'name="c1-word" value="store" checked><span>un magasin', form)
    assert site.send_rule(PUSH, **{"c0-term": "light"}).status_code == 303
    assert "when: {is: light" in text(site)


def test_lines_that_differ_have_no_empty_lines_between_them(site):
    lines = re.findall(r'<pre class="lines"[^>]*>(.*?)</pre>', page(site, f"{DRAFT}/check"), re.DOTALL)
    assert lines
    assert all("\n" not in line for line in lines)


def test_rules_are_searched_by_their_words_and_listed_by_policy(site):
    whole = page(site, DRAFT)
    assert 'href="#policy:clearance"' in whole
    assert 'id="policy:clearance"' in whole
    heading = whole[whole.index('id="clearance-push"') :]
    assert heading.index("Les boutiques débordent") < heading.index("clearance/push")
    for words, rules in (
        ("DEBORDENT zoe", ["clearance-push"]),
        ("wait", ["clearance-wait"]),
        ("Ada", ["other-near"]),
        ("débordent Ada", []),
    ):
        found = page(site, f"{DRAFT}?search={words}")
        assert re.findall(r'<div class="rule" id="([^"]*)"', found) == rules
        assert ("Aucune règle n’a tous ces mots" in found) == (not rules)
        assert "Montrer toutes les règles" in found


def test_a_rule_that_decides_leads_to_its_form_in_a_new_draft(site):
    versions = site.pointsman.versions
    version = versions.publish({name: text.encode() for name, text in FILES.items()}, who="Zoé", note="").version
    versions.activate(version, who="Zoé", note="")
    assert re.findall(r'<div class="rule" id="([^"]*)"', page(site, "/policies?search=pleines wait")) == []
    rules = page(site, "/policies?search=boutiques")
    assert re.findall(r'<div class="rule" id="([^"]*)"', rules) == ["clearance-push"]
    (link,) = re.findall(r'href="/console(/policies/begin\?rule=[^"]*)"', rules)
    form = page(site, link)
    (name,) = re.findall(r'name="name"[^>]* value="(Brouillon du [^"]*)"', form)
    rule = re.search(r'name="rule" value="([^"]*)"', form)[1]
    begun = sent(site, "/policies/begin", name=name, start="version:active", rule=rule)
    assert begun.headers["Location"].endswith("/rule/clearance/push")
    assert f'value="{name} (2)"' in page(site, link)
    other = sent(site, "/policies/begin", name="bare", start="nothing", rule=rule)
    assert other.headers["Location"].endswith("/policies/drafts/bare")


def test_a_draft_with_mistakes_can_be_read_by_everybody(opened, site):
    save(site, {**MISTAKEN, "broken.yaml": "policy: ["})
    verify_pages(opened, site, f"{DRAFT}?search=e", "policy-draft-with-mistakes", role="merchandiser")


@examples(50)
@given(st.integers(-(10**12), 10**12), st.integers(0, 999), st.sampled_from(["en", "fr"]))
def test_a_number_is_read_as_the_language_writes_it(whole, thousandths, language):
    number = f"{whole:,}.{thousandths:03}"
    with speaking(language):
        assert plain_number(say_number(number)) == number.replace(",", "")
