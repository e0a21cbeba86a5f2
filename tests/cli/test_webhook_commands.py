"""Webhooks on the command line."""

import json
import re
from collections.abc import Iterator

import pytest

from tests.support.forked_cli import Command, Run, installed
from tests.support.webhook_receiver import Receiver, receiving

POLICY = "policy: plain\nrules: []\n"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Iterator[Run]:
    """`run("webhook", "list")`, on tests/data/small."""
    data = tmp_path_factory.mktemp("installation")
    with installed(
        command, data, POLICY, COLUMNS=160, POINTSMAN_USER="Ada", POINTSMAN_WEBHOOK_ALLOW="127.0.0.0/8"
    ) as run:
        yield run


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def test_a_webhook_is_added_tested_delivered_to_replayed_and_removed(run: Run, receiver: Receiver) -> None:
    added = run(
        "webhook", "add", receiver.url, "--type", "policy.activated", "--since", "start", "--note", "shop"
    ).stdout
    name = re.search(r"webhook (wh_[0-9a-f]{32}): http://127", added)[1]
    assert "secret, shown this once: whsec_" in added
    assert run("webhook", "test", name).stdout == "taken: answered 204\n"
    assert run("webhook", "deliver", "--once").returncode == 0
    assert [event["type"] for event in receiver.taken] == ["webhook.ping", "policy.activated"]
    (shown,) = json.loads(run("webhook", "list", "--json").stdout)["webhooks"]
    assert (shown["id"], shown["by"], shown["behind"]) == (name, "Ada", False)
    assert "policy.activated, by Ada: shop" in run("webhook", "list").stdout
    assert "more to come" in run("webhook", "replay", name, "--since", "start").stdout
    run("webhook", "deliver", "--once")
    assert receiver.taken[1] == receiver.taken[2]
    receiver.answer = lambda _: (410, {})
    run("webhook", "replay", name, "--since", "start")
    run("webhook", "deliver", "--once")
    assert "off since" in run("webhook", "list").stdout
    assert run("webhook", "test", name).returncode == 1
    assert f"{receiver.url}  on" in run("webhook", "enable", name).stdout
    rotated = json.loads(run("webhook", "rotate", name, "--overlap", "2h", "--json").stdout)
    assert rotated["secret"] not in added
    assert rotated["former_until"] is not None
    assert run("webhook", "list", "--dead", name).stdout == "none\n"
    assert run("webhook", "replay", name, "--dead").returncode == 0
    run("webhook", "remove", name)
    assert run("webhook", "list").stdout == "none\n"


def test_mistakes_are_told_and_nothing_is_done(run: Run) -> None:
    for words, message in (
        (("add", "https://10.0.0.1/"), "which is not public"),
        (("add", "https://shop.example/", "--since", "x"), "no id of an event"),
        (("replay", "wh_1"), "either --since, with a cursor or start, or --dead"),
        (("remove", "wh_1"), "no webhook goes by the id 'wh_1'"),
    ):
        done = run("webhook", *words)
        assert (done.returncode in (1, 2), message in done.stderr) == (True, True), done.stderr
    assert run("webhook", "list").stdout == "none\n"
