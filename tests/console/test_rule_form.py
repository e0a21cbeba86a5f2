"""Policies: a rule that exists opens whole in its form, groups within groups, and all that nobody changes stays."""

import re
from html import unescape

import pytest
from hypothesis import HealthCheck, given, note
from hypothesis import strategies as st

from tests.support import written_rules
from tests.support.console import page_of, verify_pages
from tests.support.examples import examples
from tests.support.form_fields import form_fields

DRAFT = "/policies/drafts/forms"
PEAK = f"{DRAFT}/rule/peak/busy"
TEXT = """\
policy: peak # the file's own
owner: Zoé
terms:
  heavy: # from here on
    order.weight: {at_least: 15 kg}
rules:
  # of the season
  - id: busy
    because: {en: "Shops are <b>full</b>", fr: Les boutiques débordent, de: Voll}
    when: # what it asks
      is: heavy
      order.units: {at_least: 2, at_most: 500} # some
      any: # one of these
        - node.type: [store] # a shop
        - none:
            - order.tags: {has: 'vip'} # not them
            - {node.id: {matches: "ly*"}, order.value: {not: {between: [50, 100]}}}
      node.attributes.franchise: true
    then:
      prefer: 1.50 # euros
      exclude: unless_needed
    weekdays: [saturday, sunday] # busy days
    hours: ["22:00", "06:00"]
    overrides: [peak/other]

  # the other
  - {id: other, because: x, then: {avoid: 6.00}}
"""


@pytest.fixture(autouse=True)
def begun(site):
    """The draft as it is at the beginning of each test."""
    save(site, TEXT)


def save(site, text):
    drafts = site.pointsman.policy_drafts
    before = next((its.tag for its in drafts.all() if its.name == "forms"), "")
    drafts.save("forms", {"peak.yaml": text}, base=None, before=before, who="Zoé")


def text(site):
    return site.pointsman.policy_drafts.show("forms").draft.files["peak.yaml"]


def test_a_rule_opens_whole_and_saved_without_a_change_its_file_is_as_it_was(site):
    page = site.client("merchandiser").get(f"/console{PEAK}").text
    fields = form_fields(page, "rule-form")
    assert "as it is written" not in page.lower()
    assert fields["conditions"] == ["11"]
    assert fields["because-de"] == ["Voll"]
    assert fields["weekdays"] == ["saturday", "sunday"]
    assert (fields["hours-from"], fields["hours-to"]) == (["22:00"], ["06:00"])
    assert fields["overrides"] == ["peak/other", ""]
    assert (fields["c3-match"], fields["c5-match"], fields["c6-in"]) == (["any"], ["none"], ["c5"])
    assert site.send_rule(PEAK).status_code == 303
    assert text(site) == TEXT


def test_each_part_is_changed_alone(site):
    for fields, before, after in (
        ({"c1-value0": "3"}, "at_least: 2,", "at_least: 3,"),
        ({"c4-word": ["store", "warehouse"]}, "[store]", "[store, warehouse]"),
        ({"c6-value0": "gift"}, "'vip'", '"gift"'),
        ({"c5-match": "all"}, "- none:", "- all:"),
        ({"e1-value": "true"}, "exclude: unless_needed", "exclude: true"),
        ({"weekdays": ["sunday"]}, "[saturday, sunday]", "[sunday]"),
        ({"hours-from": "", "hours-to": ""}, '    hours: ["22:00", "06:00"]\n', ""),
        ({"because-de": ""}, ", de: Voll", ""),
        ({"overrides": ["peak/other", "peak/*"]}, "[peak/other]", "[peak/other, peak/*]"),
        (
            {"from": "2026-11-01"},
            "    overrides: [peak/other]\n",
            "    overrides: [peak/other]\n    from: 2026-11-01\n",
        ),
    ):
        answer = site.send_rule(PEAK, **fields)
        assert answer.status_code == 303, (fields, re.findall('class="wrong"[^>]*>([^<]*)', answer.text))
        assert text(site).split() == TEXT.replace(before, after).split(), fields
        save(site, TEXT)


def test_groups_are_added_into_groups_by_buttons_alone(site):
    def pressed(deed, **changed):
        fields = form_fields(answers[-1], "rule-form") | changed
        answers.append(site.send(PEAK, "merchandiser", **{**fields, "deed": deed}).text)
        return form_fields(answers[-1], "rule-form")

    answers = [site.client("merchandiser").get(f"/console{PEAK}").text]
    fields = pressed("add-group:c3")
    assert fields["c10-in"] == ["c3"]
    assert "Group 1.2" in answers[-1]
    fields = pressed("add-condition:c10", **{"fact-c10": "is:heavy", "c10-match": "none"})
    assert (fields["c11-in"], fields["c11-term"]) == (["c10"], ["heavy"])
    assert "order weighs at least 15" in unescape(answers[-1])
    pressed("add-group:c10")
    refused = pressed("save")
    assert "Add a condition to this group" in answers[-1]
    assert refused["c12-match"] == ["any"]
    pressed("remove:c12")
    assert site.send_rule(PEAK).status_code == 303
    assert text(site) == TEXT
    site.send(PEAK, "merchandiser", **{**form_fields(answers[-1], "rule-form"), "deed": "save"})
    end = "order.value: {not: {between: [50, 100]}}}\n"
    assert text(site) == TEXT.replace(end, f"{end}        - {{none: [{{is: heavy}}]}}\n")


def test_attributes_are_offered_with_their_kind_and_unknown_ones_are_written_freely(site):
    page = unescape(site.client("merchandiser").get(f"/console{PEAK}").text)
    assert '<option value="node.attributes.franchise">The place\'s attribute franchise</option>' in page
    fields = form_fields(page, "rule-form")
    assert (fields["c10-fact"], fields["c10-value0"]) == (["node.attributes.franchise"], ["true"])
    added = site.send_rule(PEAK, deed="add-condition", fact="node.attributes.").text
    fields = form_fields(added, "rule-form")
    assert (fields["c11-fact"], fields["c11-attribute"], fields["c11-kind"]) == (["node.attributes."], [""], ["word"])

    def sent(deed, **changed):
        return site.send(PEAK, "merchandiser", **{**fields, **changed, "deed": deed})

    area = {"c11-attribute": "floor area", "c11-kind": "number", "c11-operator": "at_least", "c11-value0": "250"}
    assert sent("save", **{**area, "c11-attribute": ""}).status_code == 422
    assert "declares no such attribute" in sent("draw", **area).text
    assert sent("save", **area).status_code == 303
    line = "      node.attributes.franchise: true\n"
    assert text(site) == TEXT.replace(line, f"{line}      node.attributes.floor_area: {{at_least: 250}}\n")


def test_a_word_that_the_network_does_not_have_is_said_at_its_row_and_kept(site):
    answer = site.send_rule(PEAK, deed="draw", **{"c8-operator": "equals", "c8-value0": "nobodys"})
    row = answer.text[answer.text.index('name="c8-fact"') :]
    assert "no node goes by the id" in unescape(row[: row.index("</fieldset>")])
    assert site.send_rule(PEAK, **{"c8-operator": "equals", "c8-value0": "nobodys"}).status_code == 303
    assert text(site) == TEXT.replace('{matches: "ly*"}', "nobodys")


ODD = """\
policy: peak
rules:
  - id: busy
    because: {fr: "Parce  que", en: Why}
    when:
      order.colour: red # no such fact
      order.tags: {has_any: [a, b, c, d, e, f, g, h, i, j, k, l, m]} # a field of lines
    then: {prefer: 1.50, shine: bright} # no such effect
    shade: blue # no such key
"""


def test_what_has_no_fields_stays_in_the_file_until_it_is_taken_out(site):
    save(site, ODD)
    fields = form_fields(site.client("merchandiser").get(f"/console{PEAK}").text, "rule-form")
    assert fields["c1-lines"] == ["\n".join("abcdefghijklm")]
    assert site.send_rule(PEAK).status_code == 303
    assert text(site) == ODD
    changes = {"e0-value": "2.00", "c1-lines": "\n".join("abcdefghijklmn"), "because-en": "So"}
    assert site.send_rule(PEAK, **changes).status_code == 303
    changed = ODD.replace("1.50", "2.00").replace("l, m]", "l, m, n]").replace("Why", "So")
    assert text(site) == changed
    for deed, gone in (
        ("remove:shade", "    shade: blue # no such key\n"),
        ("remove:e1", ", shine: bright"),
        ("remove:c0", "      order.colour: red # no such fact\n"),
    ):
        fields = form_fields(site.send_rule(PEAK, deed=deed).text, "rule-form")
        assert site.send(PEAK, "merchandiser", **fields, deed="save").status_code == 303
        assert changed.count(gone) == 1
        changed = changed.replace(gone, "")
        assert text(site) == changed


def test_a_value_that_cannot_be_is_not_saved_also_if_it_stood_there_before(site):
    refused = site.send_rule(PEAK, **{"c1-value0": "many"})
    assert refused.status_code == 422
    assert 'class="wrong"' in refused.text
    assert text(site) == TEXT
    before = TEXT.replace("at_least: 2,", "at_least: many,")
    save(site, before)
    assert site.send_rule(PEAK, **{"e0-value": "2.00"}).status_code == 422
    assert text(site) == before
    assert site.send_rule(PEAK, **{"c1-value0": "3"}).status_code == 303
    assert text(site) == TEXT.replace("at_least: 2,", "at_least: 3,")


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(site):
    fields = form_fields(site.client("merchandiser").get(f"/console{PEAK}").text, "rule-form")
    other = TEXT.replace("avoid: 6.00", "avoid: 7.00")
    save(site, other)
    sent = {**fields, "e0-value": "2.00", "deed": "save"}
    assert site.send(PEAK, "merchandiser", **sent).status_code == 303
    assert text(site) == other.replace("1.50", "2.00")
    refused = site.send(PEAK, "merchandiser", **{**sent, "e0-value": "3.00"})
    assert refused.status_code == 409
    assert "Somebody changed the rule meanwhile" in refused.text
    assert 'value="3.00"' in refused.text
    assert text(site) == other.replace("1.50", "2.00")


@examples(40, in_suite=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_the_rule_its_page_sends_it_back_as_it_is(site, data):
    rule = data.draw(written_rules.rules)
    written = written_rules.file_with(data.draw, rule)
    note(written)
    save(site, written)
    place = f"{DRAFT}/rule/drawn/drawn"
    page = site.client("merchandiser").get(f"/console{place}").text
    sent = site.send(place, "merchandiser", **{**form_fields(page, "rule-form"), "deed": "save"})
    if sent.status_code == 422:  # its words fit no fact, or its facts no effect
        assert 'class="wrong"' in sent.text
    else:
        assert sent.status_code == 303
    assert text(site) == written


def test_the_form_of_a_rule_with_groups_can_be_read_by_everybody(opened, site):
    verify_pages(opened, site, PEAK, "policy-rule-groups", role="merchandiser")


@pytest.mark.parametrize(
    ("language", "width", "add"),
    [("en", 1_440, "Add the condition"), ("fr", 360, "Ajouter la condition")],
)
def test_a_group_is_added_and_filled_by_keyboard(opened, site, language, width, add):
    with page_of(opened, site, PEAK, role="merchandiser", language=language, width=width) as look:
        page = look.page
        page.locator("button[value='add-group:c5']").focus()
        page.keyboard.press("Enter")
        page.locator("#field-c10-match").wait_for()
        assert page.evaluate("document.activeElement.id") == "field-c10-match"
        inner = page.get_by_role("group", name=re.compile(r"1\.1\.2"))
        inner.locator("select[name=fact-c10]").select_option("order.units")
        inner.get_by_role("button", name=re.compile(rf"^{add}.*1\.1\.2$")).press("Enter")
        page.locator("#field-c12-operator").wait_for()
        page.locator("[name=c11-value0]").fill("7")
        page.locator("[name=c11-value0]").press("Enter")
        page.wait_for_url(re.compile("/drafts/forms"))
    assert "{any: [{order.units: {at_least: 7}}]}" in text(site)


def test_a_mistake_leads_to_its_line_in_the_text(opened, site):
    lines = TEXT.replace("exclude: unless_needed", "exclude: perhaps")
    save(site, lines)
    number = lines[: lines.index("perhaps")].count("\n") + 1
    with page_of(opened, site, f"{DRAFT}/check", role="merchandiser") as look:
        look.page.get_by_role("link", name=f"peak.yaml:{number}").first.click()
        look.page.locator(".cm-activeLine", has_text="exclude: perhaps").wait_for()
        assert look.page.evaluate("location.hash") == f"#line-{number}"
