"""Policies: a rule written in a form, switched off and on, copied and taken out, with its days on a calendar."""

import re
from html import unescape
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.support.console import page_of, verify_pages
from tests.support.form_fields import form_fields

GREEN = """\
policy: green # the file's own
owner: Zoé
rules:
  # by bike
  - id: bikes
    because: {en: "Bikes are <b>quiet</b>", fr: Un vélo est silencieux}
    when: {service.mode: bike, order.weight: {at_most: 2500g}}
    then: {prefer: 0.05} # euros
    until: 2026-12-24 18:00
"""
NAME = "Été <img src=x onerror=alert(1)> \"'&/ 2026"
DRAFT = "/policies/drafts/" + quote(NAME, safe="")
FORM = f"{DRAFT}/new-rule"
BIKES = f"{DRAFT}/rule/green/bikes"


@pytest.fixture(autouse=True)
def begun(site):
    """The draft as it is at the beginning of each test."""
    drafts = site.pointsman.policy_drafts
    before = next((its.tag for its in drafts.all() if its.name == NAME), "")
    drafts.save(NAME, {"green.yaml": GREEN}, base=None, before=before, who="Zoé")


def text(site):
    return site.pointsman.policy_drafts.show(NAME).draft.files["green.yaml"]


def tag(site):
    return f'"{site.pointsman.policy_drafts.show(NAME).tag}"'


def fields_of(page):
    """What a browser would send of the form: its fields by name."""
    return {name: values[0] for name, values in form_fields(page, "rule-form").items()}


def pressed(site, fields, deed, **changed):
    """The form after one of its buttons."""
    return site.send(FORM, "merchandiser", **{**fields, **changed, "deed": deed})


def test_a_rule_is_written_row_by_row_without_a_script(site):
    page = site.client("merchandiser").get(f"/console{FORM}").text
    fields = fields_of(page)
    assert (fields["policy"], fields["conditions"]) == ("green", "0")
    answer = pressed(site, fields, "add-condition", fact="order.value")
    assert fields_of(answer.text)["c0-operator"] == "at_least"
    fields = fields_of(answer.text) | {"c0-operator": "between", "c0-value0": "50"}
    assert "Money, as 4.00" in answer.text
    fields = fields_of(pressed(site, fields, "draw").text)
    assert (fields["c0-value0"], fields["c0-value1"]) == ("50", "")
    fields |= {"c0-value1": "100.50"}
    for fact in ("node.type", "order.weight", "order.promise_by"):
        fields = fields_of(pressed(site, fields, "add-condition", fact=fact).text)
    fields |= {"c1-word": "store", "c2-operator": "more_than", "c2-value0": "2.5", "c2-value0~unit": "kg"}
    fields = fields_of(pressed(site, fields, "remove:c3").text)
    assert "c3-fact" not in fields
    assert fields["c2-value0"] == "2.5"
    for effect in ("prefer", "prefer", "tier"):
        fields = fields_of(pressed(site, fields, "add-effect", effect=effect).text)
    fields |= {"e0-value": "0.50", "e1-value": "2", "because-en": "Near & <i>light</i>"}
    drawn = pressed(site, fields, "draw").text
    in_words = unescape(drawn[drawn.index('id="in-words"') :])
    assert re.search(r"<p>If [^<]*50\.00[^<]*100\.50[^<]*store[^<]*2\.5 kg[^<]*0\.50", in_words)
    fields = fields_of(drawn)
    assert fields["id"] == "near-i-light-i"
    saved = pressed(site, fields, "save", **{"from": "2026-12-01", "from~time": "08:00", "until": "2026-12-24"})
    assert saved.status_code == 303, saved.text
    assert text(site) == GREEN + (
        '  - id: near-i-light-i\n    because:\n      en: "Near & <i>light</i>"\n    when:\n'
        "      order.value: {between: [50, 100.50]}\n      node.type: store\n      order.weight: {more_than: 2.5 kg}\n"
        "    then:\n      prefer: 0.50\n      tier: 2\n    from: 2026-12-01 08:00\n    until: 2026-12-24\n"
    )
    shown = site.client("merchandiser").get(f"/console{DRAFT}").text
    assert "green/near-i-light-i" in shown
    assert "<i>light" not in shown


ROW = {"conditions": "1", "c0-fact": "node.id", "c0-operator": "equals", "c0-word": "lyon"}
DOES = {"effects": "1", "e0-name": "prefer", "e0-value": "1"}
WHY = {"because-fr": "Parce que", "id": "new", "policy": "green"}


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({**ROW, **DOES, **WHY, "because-fr": ""}, "field-because-en-wrong"),
        ({**ROW, **WHY}, "effects-wrong"),
        ({**ROW, **DOES, **WHY, "c0-word": ""}, "c0-wrong"),
        ({**ROW, **DOES, **WHY, "e0-value": "much"}, "e0-wrong"),
        ({**ROW, **DOES, **WHY, "e0-name": "hold", "e0-value": "2", "e0-value~unit": "d"}, "e0-wrong"),
        ({**ROW, **DOES, **WHY, "id": "bikes"}, "field-id-wrong"),
        ({**ROW, **DOES, **WHY, "id": "No id"}, "field-id-wrong"),
        ({**ROW, **DOES, **WHY, "until": "2026-13-01"}, "field-until-wrong"),
    ],
)
def test_a_mistake_stands_at_its_field_and_nothing_is_saved(site, fields, place):
    answer = pressed(site, fields, "save")
    assert answer.status_code == 422
    assert f'id="{place}"' in answer.text
    assert text(site) == GREEN


def test_rules_of_a_new_policy_and_of_any_match_are_saved_and_what_nobody_offered_is_left_out(site):
    two = {"conditions": "3", "c1-fact": "node.id", "c1-operator": "not", "c1-word": "lille", "c2-fact": "no.fact"}
    effects = {"effects": "2", "e0-name": "protect", "e0-channel": "web", "e0-units": "3", "e1-name": "protect"}
    more = {"e1-way": "1", "e1-channel": "app", "e1-share": "10", "e1-share~unit": "%", "match": "any"}
    fields = {**ROW, **two, **effects, **more, **WHY, "policy": "new:rules", "owner": 'The "team": x'}
    saved = pressed(site, fields, "save")
    assert saved.status_code == 303, saved.text
    assert site.pointsman.policy_drafts.show(NAME).draft.files["rules.yaml"] == (
        'policy: rules\nowner: "The \\"team\\": x"\nrules:\n  - id: new\n    because:\n      fr: Parce que\n    when:\n'
        "      any: [{node.id: lyon}, {node.id: {not: lille}}]\n    then:\n"
        "      protect: [{channel: web, units: 3}, {channel: app, share: 10%}]\n"
    )


def test_a_rule_is_switched_off_and_on_by_one_click_and_its_text_is_then_as_before(site):
    off = site.send(f"{BIKES}/switch", "merchandiser", tag=tag(site), off="true")
    assert off.headers["Location"].endswith("#green-bikes")
    assert text(site) == GREEN.replace("id: bikes\n", "id: bikes\n    disabled: true\n")
    page = site.client("merchandiser").get(f"/console{DRAFT}", headers={"Accept-Language": "en"}).text
    assert "switched off" in page
    assert "Switch on" in page
    site.send(f"{BIKES}/switch", "merchandiser", tag=tag(site), off="")
    assert text(site) == GREEN


def test_a_rule_is_copied_and_taken_out_and_not_over_what_another_changed(site):
    before = tag(site)
    site.send(f"{BIKES}/copy", "merchandiser", tag=before, id="bikes-2")
    assert text(site).count("then: {prefer: 0.05} # euros") == 2
    site.send(f"{BIKES}/remove", "merchandiser", tag=before)
    assert "id: bikes\n" in text(site)
    site.send(f"{BIKES}/remove", "merchandiser", tag=tag(site))
    assert "id: bikes\n" not in text(site)
    assert "id: bikes-2" in text(site)
    for deed in ("switch", "copy", "remove"):
        assert site.send(f"{BIKES}/{deed}", "auditor", tag=tag(site)).status_code == 403
    assert site.send(FORM, "auditor").status_code == 403


def test_days_and_amounts_of_a_rule_have_fields_of_their_own_and_stay_as_written_if_nobody_touches_them(site):
    page = site.client("merchandiser").get(f"/console{BIKES}").text
    assert re.search(r'name="until" type="date" value="2026-12-24"', page)
    assert re.search(r'name="until~time" type="time" value="18:00"', page)
    assert re.search(r'name="from" type="date" value=""', page)
    assert re.search(r'name="c1-value0" type="text" value="2,?500"', page)
    assert site.send_rule(BIKES).status_code == 303
    assert text(site) == GREEN
    site.send_rule(BIKES, **{"until~time": "", "until": "2026-12-31"})
    assert text(site) == GREEN.replace("2026-12-24 18:00", "2026-12-31")


def test_the_form_can_be_read_by_everybody(opened, site):
    verify_pages(opened, site, FORM, "policy-new-rule", role="merchandiser")


def test_rows_are_added_and_drawn_anew_without_leaving_the_page(opened, site):
    with page_of(opened, site, FORM, role="merchandiser", language="fr", width=360, scheme="dark") as look:
        page = look.page
        page.select_option("#field-fact", "order.value")
        page.locator("button[value=add-condition]").click()
        page.locator("#field-c0-operator[data-htmx-powered]").wait_for()  # what changes it is listened to
        page.select_option("#field-c0-operator", "between")
        page.locator("[name=c0-value1]").wait_for()
        assert page.url.endswith("/new-rule")


class Held:
    """Answers of the form that are let through when a test says so."""

    def __init__(self, page):
        self._page = page
        self._routes = []
        page.route("**/new-rule", self._hold)

    def _hold(self, route):
        self._routes.append(route)

    def let_through(self):
        while not self._routes:
            self._page.evaluate("0")  # the browser tells of requests meanwhile
        self._routes.pop(0).continue_()


def test_what_is_typed_chosen_and_pressed_while_an_answer_is_on_the_way_is_kept(opened, site):
    with page_of(opened, site, FORM, role="merchandiser") as look:
        page = look.page
        page.select_option("#field-fact", "order.units")
        page.locator("button[value=add-condition]").click()
        page.locator("#field-c0-operator[data-htmx-powered]").wait_for()
        answers = Held(page)
        page.select_option("#field-c0-operator", "more_than")
        page.locator("#field-c0-value0").press_sequentially("12")
        page.select_option("#field-c0-operator", "less_than")
        page.select_option("#field-fact", "node.type")
        page.locator("button[value=add-condition]").click()
        page.locator("#field-because-en").press_sequentially("Many pieces")
        answers.let_through()
        answers.let_through()  # of what was pressed
        page.locator("#field-c1-operator[data-htmx-powered]").wait_for()
        fields = ("c0-operator", "c0-value0", "because-en")
        kept = [page.locator(f"[name={name}]").input_value() for name in fields]
        assert kept == ["less_than", "12", "Many pieces"]
        page.select_option("#field-c0-operator", "more_than")
        page.select_option("#field-c0-operator", "between")
        answers.let_through()
        answers.let_through()  # of what was chosen since
        page.locator("#field-c0-value1").wait_for()


def test_the_cursor_stays_where_one_types_while_an_answer_comes(opened, site):
    with page_of(opened, site, FORM, role="merchandiser") as look:
        page = look.page
        answers = Held(page)
        page.locator("button[value=add-condition]").click()
        page.select_option("#field-fact", "node.type")
        why = page.locator("#field-because-en")
        why.press_sequentially("any pieces")
        why.press("Home")
        answers.let_through()
        page.locator("#field-c0-operator[data-htmx-powered]").wait_for()
        expect(why).to_be_focused()
        page.keyboard.type("M")
        expect(why).to_have_value("Many pieces")
        expect(page.locator("#field-fact")).to_have_value("node.type")
        page.locator("button[value='remove:c0']").click()
        expect(page.locator("#rule-form[inert]")).to_have_count(1)  # rows behind it move up: nothing is typed into them
        answers.let_through()
        page.locator("#field-c0-operator").wait_for(state="detached")
        expect(page.locator("#rule-form[inert]")).to_have_count(0)


def test_a_word_of_the_text_is_explained_to_the_pointer_and_to_the_keyboard(opened, site):
    with page_of(opened, site, f"{DRAFT}/text?file=green.yaml", role="merchandiser", language="fr") as look:
        page = look.page
        editor = page.locator(".cm-content")
        editor.wait_for()
        word = page.locator(".cm-line", has_text="order.weight")
        word.get_by_text("order.weight").hover()
        explained = page.locator(".explained")
        explained.wait_for()
        assert "le poids de la commande. Un poids en g, kg ou t" in explained.inner_text()
        page.mouse.move(0, 0)
        explained.wait_for(state="detached")
        editor.focus()  # without the pointer, which would have the word explained a second time
        page.locator(".cm-focused").wait_for()
        for key in ("Control+End", "ArrowUp", "ArrowUp", "Home", *["ArrowRight"] * len("then: {p")):
            page.keyboard.press(key)
        page.keyboard.press("F1")
        explained.wait_for()
        assert explained.inner_text().startswith("prefer Vaut tant par unité")
        expect(page.locator(".cm-announced")).to_contain_text("Un montant, comme 4.00")
        page.keyboard.press("Escape")
        explained.wait_for(state="detached")


def test_which_rules_hold_when_is_drawn_on_a_line_of_months(site):
    versions = site.pointsman.versions
    rules = {
        "a": "until: 2026-12-24",
        "b": "from: 2026-12-15 12:00, until: 2027-01-31 18:30",
        "c": "disabled: true, from: 2025-01-01",
    }
    lines = [f"  - {{id: {name}, because: x, then: {{priority: 60}}, {more}}}\n" for name, more in rules.items()]
    version = versions.publish({"when.yaml": ("policy: when\nrules:\n" + "".join(lines)).encode()}, who="Zoé", note="x")
    before = versions.timeline().active
    versions.activate(version.version, who="Zoé", note="x")
    try:
        page = site.client("merchandiser").get("/console/policies", headers={"Accept-Language": "en"}).text
    finally:
        versions.activate(before, who="Zoé", note="back")
    drawn = page[page.index("Which rules hold when") : page.index("</table>")]
    assert re.findall(r'"mono" href="#when-(\w)"', drawn) == ["a", "b", "c"]
    # of 13 months from October on, a hundred each: to the end of 24 December, from noon on the 15th, and all of it
    assert re.findall(r'class="held" x="(\d+)" y="2" width="(\d+)"', drawn) == [
        ("0", "277"),
        ("247", "152"),
        ("0", "1300"),
    ]
    assert "31 Jan 2027</time>, 18:30" in drawn
    assert "from the start" in drawn
    assert "switched off" in drawn


def test_the_page_of_rules_with_their_days_can_be_read_by_everybody(opened, site):
    version = site.pointsman.versions.publish({"green.yaml": GREEN.encode()}, who="Zoé", note="x")
    site.pointsman.versions.activate(version.version, who="Zoé", note="x")
    verify_pages(opened, site, "/policies", "policy-days", role="merchandiser")
