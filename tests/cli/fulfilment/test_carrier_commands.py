"""`pointsman carrier` on the command line."""

import json
import shutil

import pytest

from engine.service import Pointsman
from engine.settings import Settings
from engine.store.fulfilment.rests import Rest, Rests
from tests.support.fake_carriers.fake_server import serving
from tests.support.fake_carriers.sendcloud import FakeSendcloud
from tests.support.forked_cli import SMALL

CARRIERS = """\
carriers:
  - id: dpd
    door: numbers
    label_format: zpl
    tracking: none
    ranges: [{{kind: dpd, account: "0998", from: 0, to: 99}}]
  - {{id: send-cloud, door: sendcloud, url: "{url}"}}
"""
KEYS = {"POINTSMAN_CARRIER_SEND_CLOUD_KEY": "public", "POINTSMAN_CARRIER_SEND_CLOUD_SECRET": "secret"}


@pytest.fixture
def fake():
    with serving(FakeSendcloud()) as carrier:
        yield carrier


@pytest.fixture
def run(command, tmp_path, fake):
    def pointsman(*words, **more):
        return command(*words, POINTSMAN_DATA=tmp_path / "data", POINTSMAN_USER="eve", COLUMNS=160, **more)

    folder = tmp_path / "folder"
    shutil.copytree(SMALL, folder)
    file = folder / "network.yaml"
    file.write_text(CARRIERS.format(url=fake.url) + file.read_text("utf-8"), "utf-8")
    loaded = pointsman("load", folder)
    assert loaded.returncode == 0, loaded.stderr
    return pointsman


def test_carriers_are_listed_with_what_they_need_and_have_left(run):
    listed = run("carrier", "list")
    assert "dpd" in listed.stdout
    assert "100 / 100" in listed.stdout
    assert "not set" in listed.stdout
    records = json.loads(run("carrier", "list", "--json", **KEYS).stdout)["carriers"]
    assert records[0] == {
        "id": "dpd",
        "door": "numbers",
        "has_key": True,
        "label_format": "zpl",
        "tracking": "none",
        "numbers": 100,
        "numbers_left": 100,
    }
    assert (records[1]["id"], records[1]["has_key"]) == ("send-cloud", True)
    assert "secret" not in run("carrier", "list", "--json", **KEYS).stdout


def test_a_carrier_that_can_not_say_where_parcels_are_is_listed_with_why_and_its_next_try(run, tmp_path):
    with Pointsman(Settings(data=tmp_path / "data")) as pointsman:
        rests = Rests(pointsman._client, pointsman._keys.poll_rests)
        rests.begin("send-cloud", Rest(failures=3, until=1_796_000_400, error="carrier 'send-cloud' refused it"))
    listed = run("carrier", "list", "--json")
    record = json.loads(listed.stdout)["carriers"][1]
    assert {name: record[name] for name in ("failures", "error", "next_try_at")} == {
        "failures": 3,
        "error": "carrier 'send-cloud' refused it",
        "next_try_at": "2026-11-30T01:00:00Z",
    }
    table = run("carrier", "list").stdout
    assert "carrier 'send-cloud' refused it" in table
    assert "30 Nov" in table
    french = run("--lang", "fr", "carrier", "list").stdout
    assert "le transporteur «\xa0send-cloud\xa0» l'a refusé" in french


def test_a_check_says_whether_address_and_key_are_right(run, fake):
    right = run("carrier", "check", **KEYS)
    assert (right.returncode, right.stdout) == (0, "dpd answers\nsend-cloud answers\n")
    missing = run("carrier", "check", "send-cloud")
    assert missing.returncode == 1
    assert "set POINTSMAN_CARRIER_SEND_CLOUD_KEY" in missing.stderr
    wrong = run("carrier", "check", "--json", **{**KEYS, "POINTSMAN_CARRIER_SEND_CLOUD_SECRET": "wr0ng"})
    assert wrong.returncode == 1
    answered = json.loads(wrong.stdout)["carriers"]
    assert [record["answers"] for record in answered] == [True, False]
    assert "wr0ng" not in wrong.stdout + wrong.stderr
    assert fake.bills == []


def test_a_check_of_an_unknown_carrier_names_those_that_there_are(run):
    unknown = run("carrier", "check", "colissimo")
    assert unknown.returncode == 1
    assert "it has dpd, send-cloud" in unknown.stderr


def test_whose_a_number_is_goes_by_its_form_and_check_digit(command, tmp_path):
    told = command("carrier", "number", "1Z 5R8 939 03 5756 7127", POINTSMAN_DATA=tmp_path)
    assert (told.returncode, told.stdout) == (0, "ups (ups): its check digit is right\n")
    nobodys = command("carrier", "number", "1Z5R89390357567128", "--json", POINTSMAN_DATA=tmp_path)
    assert nobodys.returncode == 1
    assert json.loads(nobodys.stdout) == {"number": "1Z5R89390357567128", "kinds": []}
    posts = json.loads(command("carrier", "number", "LX123456785GB", "--json", POINTSMAN_DATA=tmp_path).stdout)
    assert [kind["kind"] for kind in posts["kinds"]] == ["s10", "dhl_ecommerce"]
    french = command("carrier", "number", "LX123456785GB", POINTSMAN_DATA=tmp_path, POINTSMAN_LANG="fr")
    assert "sa clé de contrôle est bonne" in french.stdout
