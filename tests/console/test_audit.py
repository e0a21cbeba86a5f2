"""Audit in the console: who did what, who read what, checkpoints, evidence, and an export verified in the browser."""

import datetime
import os
import re

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.console.pages.audit.read_names import READS
from api.http.audit import exports
from api.http.audit.reads import OF_NO_PERSON
from api.http.serving.ending import ENVIRON_KEY
from engine.audit.sealing.leaf import canonical
from engine.audit.sealing.signing import verifier_key
from engine.audit.settings import AuditSettings
from engine.errors import Interrupted
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.log.kinds import KINDS
from tests.conftest import Clock, activate, small
from tests.support.audit_exports import forge, write_signed
from tests.support.callers import client_of
from tests.support.console import console_site, page_of, verify_pages
from tests.support.ends_after import EndsAfter
from tests.support.order_json import order_json
from tests.support.wait_until import wait_until

ORIGIN = "shop/main/1"


@pytest.fixture(scope="module")
def site(server_url, tmp_path_factory):
    """Its log is sealed; one order was decided by somebody with a naughty name."""
    folder = tmp_path_factory.mktemp("audit")
    settings = Settings(
        redis_url=server_url,
        network=f"console-audit-{os.getpid()}",
        audit=AuditSettings(audit_key=folder / "audit.pem"),
    )
    with Pointsman(settings, clock=Clock()) as pointsman:
        pointsman.load(small())
        activate(pointsman)
        with console_site(pointsman, folder / "pictures") as served:
            oms = client_of(pointsman, served.app, client="Zoë <b>'\"", role="oms")
            assert oms.post("/v1/decisions", json=order_json(("SHIRT", 1), id="A-1")).status_code == 201
            pointsman.sealer.seal()
            yield served
        pointsman.forget()


@pytest.fixture(scope="module")
def key():
    return Ed25519PrivateKey.generate()


@pytest.fixture(scope="module")
def export(tmp_path_factory, key):
    """Of seven entries, with the checkpoint of the first five."""
    folder = tmp_path_factory.mktemp("export")
    forms = [canonical(f"{number}-0".encode(), {b"kind": b"moved", b"id": b"M"}) for number in range(1, 8)]
    kept = forge(folder / "kept", forms[:5], [key], ORIGIN)
    forge(folder / "main.audit", forms, [key], ORIGIN)
    return folder / "main.audit", kept, forms


def shown(site, path, role="auditor"):
    answer = site.client(role).get(f"/console{path}")
    assert answer.status_code == 200, answer.text
    return answer.text


def test_who_did_what_is_listed_and_an_entry_shown_with_its_proof(site):
    page = shown(site, "/audit?kind=decided")
    assert "Zoë &lt;b&gt;&#39;&#34;" in page
    (entry,) = re.findall(r"/console/audit/entries/([\d-]+)", page)
    assert "Its proof" in shown(site, f"/audit/entries/{entry}")
    assert "There are no such entries" in shown(site, "/audit?by=nobody&from=2026-11-01&until=2026-11-30")
    assert site.client("auditor").get("/console/audit?kind=none").status_code == 422


def test_the_first_page_has_what_people_did_and_says_what_is_not_sealed_yet(site):
    site.send("/stock/count", "admin", node="lyon", sku="SHIRT", on_hand="9")
    page = shown(site, "/audit")
    rows = re.findall(r'(?s)<tr><th scope="row">.*?</tr>', page)
    assert "Ada admin" in rows[0]
    assert "console" in rows[0]
    assert "not sealed yet" in rows[0]
    assert "/console/audit/entries/" not in rows[0]
    assert "Zoë" not in "".join(rows)
    assert "Zoë" in shown(site, "/audit?done_by=everybody")
    assert "Zoë" in shown(site, "/audit?done_by=machine")
    assert site.client("auditor").get("/console/audit?done_by=nobody").status_code == 422


def test_each_kind_of_entry_is_chosen_by_a_name_in_the_readers_language(site):
    page = site.client("auditor").get("/console/audit?kind=policy_approved", headers={"Accept-Language": "fr"}).text
    chosen = page[page.index('name="kind"') : page.index('name="by"')]
    assert '<option value="policy_approved" selected>règles approuvées</option>' in chosen
    assert sorted(re.findall(r'<option value="(\w+)"', chosen)) == sorted(KINDS)
    assert '<optgroup label="Politiques">' in chosen
    refused = site.client("auditor").get("/console/audit?kind=approved+rules", headers={"Accept-Language": "fr"})
    assert (refused.status_code, "pas de genre de ce nom" in refused.text) == (422, True)
    assert "policy approved</option>" in site.client("auditor").get("/console/audit").text


@pytest.mark.parametrize("path", ["/audit", "/audit/accesses"])
def test_days_in_the_wrong_order_and_a_place_that_is_none_are_said_in_the_readers_language(site, path):
    french = {"Accept-Language": "fr"}
    answer = site.client("auditor").get(f"/console{path}?from=2026-11-27&until=2026-11-26", headers=french)
    assert answer.status_code == 422
    assert 'id="field-until-wrong">la période finit avant de commencer' in answer.text
    answer = site.client("auditor").get(f"/console{path}?after=0-0", headers=french)
    assert (answer.status_code, "revenez à son début" in answer.text) == (422, True)
    assert site.client("auditor").get(f"/console{path}?from=2026-11-27&until=2026-11-27").status_code == 200


def test_who_read_what_is_listed(site):
    client_of(site.pointsman, site.app, client="Eve <i>", role="auditor").get("/v1/orders/A-1")
    wait_until(lambda: "Eve &lt;i&gt;" in shown(site, "/audit/accesses?what=orders_show"), "the read is recorded")


def test_what_was_read_is_said_in_the_readers_words_with_its_id(site):
    reading = {rule.endpoint for rule in site.app.url_map.iter_rules() if "GET" in rule.methods} - OF_NO_PERSON
    assert {endpoint.replace(".", "_") for endpoint in reading} <= READS.keys()
    client_of(site.pointsman, site.app, client="Fay", role="auditor").get("/v1/orders/A-1")
    words = re.compile(r"Une commande <span[^>]*>orders_show")
    french = {"Accept-Language": "fr"}
    wait_until(
        lambda: words.search(site.client("auditor").get("/console/audit/accesses?by=Fay", headers=french).text),
        "the read is recorded",
    )


def test_the_checkpoint_is_shown_and_saved(site):
    page = shown(site, "/audit/checkpoint")
    assert "No witness has signed it" in page
    saved = site.client("auditor").get("/console/audit/checkpoint/file")
    assert saved.headers["Content-Disposition"].startswith("attachment")
    assert saved.data.decode().split("\n")[2] in page.replace("&#43;", "+")


def test_evidence_of_a_period_is_made_and_saved(site):
    days = "from=2026-11-20&until=2030-01-01"
    refused = site.client("auditor").get(f"/console/audit/evidence?{days}")
    assert (refused.status_code, "31 days later at most" in refused.text) == (422, True)
    logged = client_of(site.pointsman, site.app, role="auditor").get("/v1/audit/entries").get_json()["entries"][0]
    day = datetime.date.fromisoformat(logged["recorded_at"][:10])  # by the server's clock
    days = f"from={day - datetime.timedelta(days=1)}&until={day + datetime.timedelta(days=1)}"
    assert "Rules that changed" in shown(site, f"/audit/evidence?{days}")
    saved = site.client("auditor").get(f"/console/audit/evidence/file?{days}")
    assert (saved.get_json()["decisions"], saved.get_json()["not_as_sealed"]) == (1, [])


def test_who_has_no_part_in_it_sees_nothing_of_it(site):
    for path in ("/audit", "/audit/accesses", "/audit/checkpoint", "/audit/verify", "/audit/export", "/audit/evidence"):
        assert site.client("merchandiser").get(f"/console{path}").status_code == 403
        assert site.client(None).get(f"/console{path}").status_code == 303


def verdict(look, path, *, keys="", kept=""):
    """What the page says of a file."""
    page = look.page
    page.set_input_files("input[name=export]", path)
    page.fill("textarea[name=keys]", keys)
    page.fill("textarea[name=kept]", kept)
    page.click("form[data-verify-export] button")
    page.wait_for_selector("#verified .message")
    return page.inner_text("#verified")


def test_the_browser_finds_an_export_intact_and_says_what_it_checked(opened, site, export, key, tmp_path):
    path, kept, _ = export
    with page_of(opened, site, "/audit/verify", role="auditor") as look:
        asked = len(look.requests)
        said = verdict(look, path, keys=str(verifier_key(key, name=ORIGIN)), kept=kept)
        assert len(look.requests) == asked  # nothing was sent
        assert look.complaints == []
    assert said.startswith("All that was checked is as it was sealed.")
    for part in (
        "The 7 leaves",
        "The 7 entries",
        "by a key that you gave",
        "as it was signed",
        "checkpoint of 5 entries",
    ):
        assert part in said


def test_the_browser_finds_what_was_altered(opened, site, export, key, tmp_path):
    path, kept, forms = export
    lines = path.read_bytes().splitlines()
    altered = forms[2].replace(b'"M"', b'"N"')
    cases = {
        "Entry 3-0 was altered.": [*lines[:4], altered, *lines[5:-1]],
        "Entry 4-0 was deleted.": [*lines[:5], *lines[6:-1]],
        "Entries are out of order": [*lines[:3], lines[2], *lines[4:-1]],
        "The file is not as it was signed.": None,
    }
    with page_of(opened, site, "/audit/verify", role="auditor") as look:
        for number, (finding, forged) in enumerate(cases.items()):
            file = tmp_path / f"{number}.audit"
            if forged is None:
                file.write_bytes(path.read_bytes().replace(b'"by":"eve"', b'"by":"bob"'))
            else:
                write_signed(file, forged, [key], ORIGIN)
            said = verdict(look, file)
            assert said.startswith("It is not as it was sealed."), finding
            assert finding in said
        wrong = kept.replace(kept.split("\n")[2], kept.split("\n")[2][::-1].replace("=", "") + "=", 1)
        assert "checkpoint of 5 entries" in verdict(look, path, kept=wrong)
        assert look.page.inner_text("#verified").startswith("It is not")
        cut = tmp_path / "cut.audit"
        cut.write_bytes(path.read_bytes()[:-20])
        assert "cut off or damaged" in verdict(look, cut)
        assert look.page.inner_text("#verified").startswith("It is not")


def test_the_browser_does_not_call_an_export_altered_because_of_what_was_typed(opened, site, export, key, tmp_path):
    path, kept, _ = export
    right, other = (str(verifier_key(one, name=ORIGIN)) for one in (key, Ed25519PrivateKey.generate()))
    no_export = tmp_path / "photo.jpg"
    no_export.write_bytes(b"\xff\xd8 no export")
    mistyped = f"{right[:-5]}{'AAAA' if right[-5:-1] != 'AAAA' else 'BBBB'}{right[-1]}"
    unread = (
        *((path, {"keys": keys}, "This line is no key") for keys in ("n'importe quoi", right[:-9], mistyped)),
        (path, {"keys": f"{right}\n{right[1:]}"}, right[1:]),
        (no_export, {}, "This file is no export"),
        (path, {"kept": "what I kept"}, "What you pasted as a checkpoint is none"),
        (path, {"kept": kept.replace(kept.split("\n")[2], "no hash")}, "What you pasted as a checkpoint is none"),
    )
    with page_of(opened, site, "/audit/verify", role="auditor") as look:
        for file, given, why in unread:
            said = verdict(look, file, **given)
            assert said.startswith("Nothing was checked."), (given, said)
            assert why in said
        of_another = verdict(look, path, keys=other, kept=kept)
        assert of_another.startswith("Nothing altered was found, but what you gave does not show")
        assert "signed by another key than those that you gave" in of_another
        assert "as it was sealed" not in of_another
        forged = tmp_path / "forged.audit"
        forged.write_bytes(path.read_bytes().replace(b'"by":"eve"', b'"by":"bob"'))
        assert "The file is not as it was signed." in verdict(look, forged, keys=other)


def test_an_export_that_is_saved_in_the_console_is_found_whole_there(opened, site, tmp_path):
    saved = tmp_path / "saved.audit"
    with page_of(opened, site, "/audit/verify", role="auditor") as look:
        with look.page.expect_download() as begun:
            look.page.click("a:has-text('Save an export')")
        begun.value.save_as(saved)
        said = verdict(look, saved)
        assert look.complaints == []
    assert said.startswith("All that was checked is as it was sealed.")
    assert "The file as a whole is as it was signed." in said
    assert re.fullmatch(r"[\w-]+\.audit", begun.value.suggested_filename)
    assert b'"by":"Ada auditor"' in saved.read_bytes().splitlines()[0]
    http = client_of(site.pointsman, site.app, role="auditor")
    made = http.get("/v1/audit/entries?kind=exported").get_json()["entries"][0]
    assert (made["by"], made["through"], made["about"]) == ("Ada auditor", "console", begun.value.suggested_filename)
    read = "/v1/audit/accesses?what=audit_export&by=Ada%20auditor"
    wait_until(lambda: http.get(read).get_json()["accesses"], "the read is recorded")


def test_an_export_is_passed_on_as_it_is_made_and_breaks_off_where_it_can_t_go_on(site, monkeypatch):
    monkeypatch.setattr(exports, "_PART_BYTES", 1)
    client, came = site.client("auditor"), []
    answer = client.get("/console/audit/export", environ_overrides={ENVIRON_KEY: EndsAfter(3)})
    with pytest.raises(Interrupted):
        came.extend(answer.response)
    assert len(came) == 3
    refused = client.get("/console/audit/export", environ_overrides={ENVIRON_KEY: EndsAfter(0)})
    assert (refused.status_code, "attachment" in str(refused.headers)) == (503, False)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/audit", "audit"),
        ("/audit/accesses", "audit-accesses"),
        ("/audit/checkpoint", "audit-checkpoint"),
        ("/audit/verify", "audit-verify"),
        ("/audit/evidence", "audit-evidence"),
    ],
)
def test_its_pages_are_readable(opened, site, path, name):
    verify_pages(opened, site, path, name)


def test_an_entry_and_the_report_of_a_period_are_readable(opened, site):
    (entry,) = re.findall(r"/console/audit/entries/([\d-]+)", shown(site, "/audit?kind=decided"))
    verify_pages(opened, site, f"/audit/entries/{entry}", "audit-entry")
    report = "/audit/evidence?from=2026-11-20&until=2026-11-28"
    verify_pages(opened, site, report, "audit-evidence-report")
