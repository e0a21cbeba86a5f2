"""`pointsman channel` shows what channels may take, and brings their feeds up to date."""

import json

import pytest


@pytest.fixture
def run(command, tmp_path):
    def pointsman(*words, **more):
        return command(*words, POINTSMAN_DATA=tmp_path / "data", POINTSMAN_USER="eve", COLUMNS=120, **more)

    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "peaks.yaml").write_text(
        "policy: peaks\nrules:\n"
        "  - {id: web, because: x, then: {protect: {channel: web, units: 2}, keep: 1}}\n"
        "  - {id: low, because: x, when: {node.id: lyon}, then: {alert_below: 9, min: 4}}\n",
        encoding="utf-8",
    )
    assert pointsman("load", "tests/data/small").returncode == 0
    assert pointsman("policy", "publish", tmp_path / "rules", "--activate", "--note", "x").returncode == 0
    return pointsman


def test_a_channel_is_shown_with_what_keeps_it_from_more(run):
    shown = run("channel", "show", "store", "RARE", "NO-SUCH")
    assert shown.returncode == 0
    assert shown.stdout == (
        "RARE: store may take 0\n"
        "  lyon: 0 of 3 on hand\n"
        "    1 kept as safety stock (peaks/web)\n"
        "    2 protected for web (peaks/web)\n"
        "    there should be 4, from 4 to any number; low: there should not be fewer than 9 (peaks/low)\n"
        "NO-SUCH: there is no such article\n"
    )
    body = json.loads(run("channel", "show", "store", "RARE", "--json").stdout)
    assert body["skus"][0]["nodes"][0]["limits"][1] == {
        "because": "protected",
        "units": 2,
        "rules": ["peaks/web"],
        "channel": "web",
    }


def test_feeds_are_brought_up_to_date_and_low_stock_is_found(run):
    shown = run("channel", "show").stdout
    assert shown.endswith("web: peaks/web\n  no feed yet; it says from 1 more on that there are more\n")
    assert "store: no rule names it\n" in shown
    done = run("channel", "recompute", "--json")
    body = json.loads(done.stdout)
    assert [item["channel"] for item in body["channels"]] == ["app", "store", "web"]
    assert (body["channels"][0]["changed"] > 0, body["fallen"] > 0, body["risen"]) == (True, True, 0)
    again = run("channel", "recompute")
    assert again.stdout.endswith(
        "web: other units of 0 articles\n0 positions are low from now on, 0 are not any more\n"
    )
    assert "cursor 1-" in run("channel", "show").stdout
    assert run("stock", "move", "lyon", "RARE", "--", "-1").returncode == 0
    assert "web: other units of 1 article\n" in run("channel", "recompute").stdout
    log = run("ledger", "log", "--kind", "stock_low").stdout
    assert "3 x RARE at lyon, below 9" in log
    assert run("ledger", "check").returncode == 0


def test_it_speaks_french(run):
    run("channel", "recompute", "web")
    shown = run("channel", "show", "web", "RARE", POINTSMAN_LANG="fr").stdout
    assert shown == (
        "RARE\u00a0: web peut en prendre 2\u00a0; son flux disait 2\n"
        "  lyon\u00a0: 2 sur 3 en stock\n"
        "    1 gardées en stock de sécurité (peaks/web)\n"
        "    il devrait y en avoir 4, de 4 à un nombre quelconque\u00a0; stock bas\u00a0: il ne devrait pas y en avoir"
        " moins de 9 (peaks/low)\n"
    ).replace("quelconque\u00a0; stock", "quelconque; stock")


def test_a_channel_that_is_not_listed_is_refused(run):
    refused = run("channel", "recompute", "wbe")
    assert refused.returncode == 1
    assert "lists no channel 'wbe'; did you mean 'web'" in refused.stderr
