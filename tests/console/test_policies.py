"""Policies: rules as sentences, drafts that two people may edit, versions and their buttons."""

import re
from urllib.parse import quote

import pytest

from tests.support.console import verify_pages
from tests.support.facts import order

SHOPS = """\
policy: shops # which shops ship first
owner: Zoé <b>Ohm</b>
description: "Shops that ship <script>alert(1)</script> first"
rules:
  - id: lyon-first
    because: {en: "Lyon has <i>room</i>", fr: Lyon a de la place}
    when: {node.id: lyon}
    then: {prefer: 0.05} # euros
  - id: winter
    because: Only in winter
    until: 2026-03-20
    then: {hold: 3 d}
"""
TESTS = """\
now: 2026-06-02 10:00
products: {SHIRT: {}}
nodes: {lyon: {type: store, away: 1 km}}
stock: {usual: {SHIRT: {lyon: 5}}}
tests:
- {test: "Lyon ships <u>when</u> it may", order: {lines: {SHIRT: 1}}, expect: {status: unfilled}}
"""
TABLE = "policy,rows\nhit_policy,collect\nid,node.id,prefer,because\none,lille,0.01,It is near\n"
FILES = {"shops.yaml": SHOPS, "rows.csv": TABLE}
NAUGHTY = "Noël <img src=x onerror=alert(1)> \"'&/ 2026"


@pytest.fixture(scope="module", autouse=True)
def published(site):
    """A version that decides, one beside it, and a draft."""
    versions = site.pointsman.versions
    encoded = {name: text.encode() for name, text in FILES.items()}
    first = versions.publish(encoded, who="Zoé", note=NAUGHTY)
    versions.activate(first.version, who="Zoé", note=NAUGHTY)
    second = versions.publish({**encoded, "shops.yaml": SHOPS.replace("0.05", "0.06").encode()}, who="Zoé", note="more")
    site.pointsman.policy_drafts.save(NAUGHTY, FILES, base=first.version, before="", who="Zoé")
    return first.version, second.version


def draft(site, name=NAUGHTY):
    return site.pointsman.policy_drafts.show(name)


def place(*parts):
    return "/policies" + "".join(f"/{quote(part, safe='')}" for part in parts)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("policies", place()),
        ("policy-drafts", place("drafts")),
        ("policy-draft-begin", place("begin")),
        ("policy-draft", place("drafts", NAUGHTY)),
        ("policy-rule", place("drafts", NAUGHTY, "rule", "shops", "lyon-first")),
        ("policy-text", place("drafts", NAUGHTY, "text") + "?file=shops.yaml"),
        ("policy-table", place("drafts", NAUGHTY, "table") + "?file=rows.csv"),
        ("policy-check", place("drafts", NAUGHTY, "check")),
        ("policy-draft-try", place("drafts", NAUGHTY, "try")),
        ("policy-publish", place("drafts", NAUGHTY, "publish")),
        ("policy-versions", place("versions")),
        ("policy-version", place("versions", "active")),
        ("policy-version-question", place("versions", "active", "canary")),
        ("policy-trials", place("trials")),
    ],
)
def test_a_page_can_be_read_by_everybody(opened, site, name, path):
    verify_pages(opened, site, path, name, role="merchandiser")


def answered(site, path, role="merchandiser"):
    return site.client(role).get(f"/console{path}", headers={"Accept-Language": "en"})


def test_whoever_may_only_read_sees_no_button_and_is_refused_without_one(site, published):
    pages = [place(), place("drafts"), place("drafts", NAUGHTY), place("versions", published[1]), place("trials")]
    for path in pages:
        text = answered(site, path, "auditor").text
        forms = (form.partition(">")[0] for form in text.split("<form")[1:])
        changing = [form for form in forms if 'action="/console/policies' in form and 'method="get"' not in form]
        assert changing == [], path
        assert "/begin" not in text
    assert answered(site, place(), "oms").status_code == 403
    before = draft(site)
    for path, fields in (
        (place("begin"), {"name": "x"}),
        (place("drafts", NAUGHTY, "delete"), {"tag": before.tag}),
        (place("drafts", NAUGHTY, "text"), {"file": "shops.yaml", "text": "", "tag": before.tag}),
        (place("drafts", NAUGHTY, "table"), {"file": "rows.csv", "pasted": "x", "tag": before.tag}),
        (place("drafts", NAUGHTY, "rule", "shops", "lyon-first"), {"e0-value": "9"}),
        (place("drafts", NAUGHTY, "try"), {}),
        (place("drafts", NAUGHTY, "publish"), {"tag": before.tag}),
        (place("trials", "canary", "end"), {}),
        *((place("versions", published[1], name), {}) for name in ("activate", "approve", "rollback", "shadow")),
    ):
        assert site.send(path, "auditor", **fields).status_code == 403, path
        client = site.client("merchandiser")
        assert client.post(f"/console{path}", data={**fields, "csrf": "another"}).status_code == 403, path
    assert draft(site) == before
    assert site.pointsman.versions.timeline().active == published[0]


def test_a_draft_is_begun_from_another_and_changed_in_three_ways(site):
    begun = site.send(place("begin"), "merchandiser", name="three ways", start=f"draft:{NAUGHTY}")
    assert begun.headers["Location"].endswith(place("drafts", "three ways"))
    assert draft(site, "three ways").draft.files == FILES
    rule = place("drafts", "three ways", "rule", "shops", "lyon-first")
    site.send_rule(rule, **{"e0-value": "4.50", "until": "2026-12-24"})
    changed = SHOPS.replace("0.05} # euros\n", "4.50} # euros\n    until: 2026-12-24\n")
    assert draft(site, "three ways").draft.files["shops.yaml"] == changed
    wrong = site.send_rule(rule, **{"e0-value": ""})
    assert wrong.status_code == 422
    assert 'aria-invalid="true"' in wrong.text
    saved = draft(site, "three ways")
    pasted = "policy\trows\nhit_policy\tcollect\nid\tnode.id\tprefer\tbecause\none\tlyon\t0.02\ta, b\n"
    table = {"file": "rows.csv", "tag": f'"{saved.tag}"', "pasted": pasted}
    site.send(place("drafts", "three ways", "table"), "merchandiser", **table)
    saved = draft(site, "three ways")
    assert saved.draft.files["rows.csv"] == (
        'policy,rows\nhit_policy,collect\nid,node.id,prefer,because\none,lyon,0.02,"a, b"\n'
    )
    text = {"file": "shops.yaml", "tag": f'"{saved.tag}"', "text": SHOPS.replace("\n", "\r\n"), "then": "check"}
    sent = site.send(place("drafts", "three ways", "text"), "merchandiser", **text)
    assert sent.headers["Location"].endswith("/check")
    assert draft(site, "three ways").draft.files["shops.yaml"] == SHOPS
    page = answered(site, place("drafts", "three ways", "check")).text
    assert "<del>- one,lille,0.01,It is near</del>" in page
    assert "rows/one" in page
    assert draft(site, "three ways").draft.owner == "Ada merchandiser"


def test_files_are_added_with_their_tests_run_and_taken_out(site):
    site.send(place("begin"), "merchandiser", name="files", start="nothing")
    assert draft(site, "files").draft.files == {}
    for file, text in (("new.yaml", ""), ("new_test.yaml", TESTS)):
        tag = f'"{draft(site, "files").tag}"'
        site.send(place("drafts", "files", "add-file"), "merchandiser", file=file, text=text, tag=tag)
    assert draft(site, "files").draft.files["new.yaml"] == "policy: new\nrules: []\n"
    page = answered(site, place("drafts", "files", "check")).text
    assert "1 test" in page
    assert "Lyon ships &lt;u&gt;when&lt;/u&gt; it may" in page
    fails = site.send(
        place("drafts", "files", "publish"), "merchandiser", tag=f'"{draft(site, "files").tag}"', note="x"
    )
    assert fails.status_code == 422
    tag = f'"{draft(site, "files").tag}"'
    site.send(place("drafts", "files", "remove-file"), "merchandiser", file="new_test.yaml", tag=tag)
    assert list(draft(site, "files").draft.files) == ["new.yaml"]
    site.send(place("drafts", "files", "delete"), "merchandiser", tag=f'"{draft(site, "files").tag}"')
    assert answered(site, place("drafts", "files")).status_code == 404


def test_a_draft_of_a_version_has_the_tests_that_it_was_published_with(site):
    tests = {"old_test.yaml": b"tests: []\n"}
    old = {name: text.encode() for name, text in FILES.items() if not name.endswith("_test.yaml")}
    version = site.pointsman.versions.publish(old, tests=tests, who="Zoé", note="").version
    site.send(place("begin"), "merchandiser", name="as then", start=f"version:{version}")
    assert draft(site, "as then").draft.files["old_test.yaml"] == "tests: []\n"


def test_of_two_people_who_edit_a_draft_both_keep_what_they_wrote(site):
    site.pointsman.policy_drafts.save("both", FILES, base=None, before="", who="Zoé")
    tag = draft(site, "both").tag
    hers, mine = SHOPS + "# hers\n", SHOPS + "# mine\n"
    site.pointsman.policy_drafts.save("both", {"shops.yaml": hers}, base=None, before=tag, who="Zoé")
    fields = {"file": "shops.yaml", "text": mine, "tag": f'"{tag}"'}
    refused = site.send(place("drafts", "both", "text"), "merchandiser", **fields)
    assert refused.status_code == 412
    assert "# mine" in refused.text
    assert "# hers" in refused.text
    assert draft(site, "both").draft.files["shops.yaml"] == hers
    copied = site.send(place("drafts", "both", "text"), "merchandiser", **fields, deed="copy", **{"as": "mine alone"})
    assert copied.headers["Location"].endswith("mine%20alone/text?file=shops.yaml")
    assert draft(site, "mine alone").draft.files["shops.yaml"] == mine
    unseen = site.send(place("drafts", "both", "text"), "merchandiser", **fields, deed="overwrite", seen='"other"')
    assert unseen.status_code == 412
    seen = f'"{draft(site, "both").tag}"'
    site.send(place("drafts", "both", "text"), "merchandiser", **fields, deed="overwrite", seen=seen)
    assert draft(site, "both").draft.files["shops.yaml"] == mine


def test_what_somebody_changed_meanwhile_is_not_published_unseen(site):
    site.pointsman.policy_drafts.save("stale", FILES, base=None, before="", who="Zoé")
    tag = draft(site, "stale").tag
    changed = {"shops.yaml": SHOPS.replace("0.05", "7.00")}
    site.pointsman.policy_drafts.save("stale", changed, base=None, before=tag, who="Zoé")
    before = site.pointsman.versions.published()
    sent = site.send(place("drafts", "stale", "publish"), "merchandiser", tag=f'"{tag}"', note="x")
    assert sent.headers["Location"].endswith("/check")
    assert site.pointsman.versions.published() == before
    seen = f'"{draft(site, "stale").tag}"'
    sent = site.send(place("drafts", "stale", "publish"), "merchandiser", tag=seen, note="x")
    assert "/policies/versions/" in sent.headers["Location"]


def test_each_button_of_a_version_does_what_one_call_does(site, published):
    first, second = published
    timeline = site.pointsman.versions.timeline

    def send(version, name, **fields):
        return site.send(place("versions", version, name), "merchandiser", **fields)

    assert answered(site, place("versions", second, "schedule")).status_code == 200
    assert send(second, "schedule", at="2026-12-01T08:00", note=NAUGHTY).status_code == 303
    ((since, version),) = timeline().scheduled
    assert (since, version) == (1_796_108_400, second)
    assert send(second, "schedule", at="tomorrow").status_code == 422
    assert "scheduled" in answered(site, place("versions", second)).text
    send(second, "unschedule")
    assert timeline().scheduled == ()
    send(second, "approve", note="seen")
    assert site.pointsman.versions.approvals.of(second) == ("Ada merchandiser",)
    send(second, "shadow", share="50%")
    send(second, "canary", share="5%", stop_if="late > +2%", note="try")
    trials = answered(site, place("trials")).text
    assert "late &gt; +2%" in trials or "+2%" in trials
    assert trials.count("End it") >= 2
    site.send(place("trials", "canary", "share"), "merchandiser", share="10%")
    for kind in ("shadow", "canary"):
        site.send(place("trials", kind, "end"), "merchandiser", note=NAUGHTY)
    assert "runs" not in answered(site, place("trials")).text
    assert send(second, "gate").status_code == 303
    send(second, "activate", note="go")
    assert timeline().active == second
    send(second, "rollback", note="no")
    assert timeline().active == first
    assert send(second, "explode").status_code == 404
    history = answered(site, place("versions")).text
    assert "rolled back to" in history
    assert "<img src=x" not in history


def test_a_version_shows_what_came_of_its_orders_beside_those_of_the_version_before(opened, site):
    versions, pointsman = site.pointsman.versions, site.pointsman
    before = versions.timeline().active
    pointsman.decide(order(("SHIRT", 1), id="before"))
    version = versions.publish({"shops.yaml": SHOPS.replace("0.05", "0.07").encode()}, who="Zoé", note="effect")
    versions.activate(version.version, who="Zoé", note="effect")
    try:
        empty = answered(site, place("versions", version.version)).text
        made = [pointsman.decide(order(("SHIRT", 2), id=f"after-{number}")) for number in range(3)]
        page = answered(site, place("versions", version.version)).text
        verify_pages(opened, site, place("versions", version.version), "policy-effect", role="merchandiser")
    finally:
        versions.activate(before, who="Zoé", note="back")
    assert "It was the first to decide none of the orders" in empty
    table = page[page.index("What came of its orders") :]
    orders = re.search(r'<th scope="row">Orders</th>\s*<td[^>]*><span>(\d+)</span></td>\s*<td[^>]*><span>(\d+)<', table)
    assert orders is not None
    assert int(orders[1]) == 3
    assert int(orders[2]) >= 1
    cost = sum(item.record.cost_micros for item in made) / 3 / 1_000_000
    assert f"€{cost:.2f}" in table
    assert "It decides since" in page
    assert "&lt;time" not in page
    over = answered(site, place("versions", version.version)).text
    assert "It decided from" in over
