"""`pointsman policy gate`, `shadow` and `canary`, beside a `pointsman serve` whose worker compares."""

import json
import urllib.request

import pytest

from engine.model.order_share import order_number
from tests.cli.served import served
from tests.support.clean_environment import clean_environment
from tests.support.facts import policy_file
from tests.support.order_json import order_json
from tests.support.wait_until import wait_until


@pytest.mark.slow
def test_a_worker_of_the_service_ends_a_canary_that_breaks_its_bound(pointsman, server_url, network, command, tmp_path):
    variables = {"POINTSMAN_REDIS_URL": server_url, "POINTSMAN_NETWORK": network, "POINTSMAN_USER": "Ada"}
    (tmp_path / "test.yaml").write_bytes(policy_file("then: {exclude: true}")["test.yaml"])
    (tmp_path / "gate.yaml").write_text("cost: {at_most: +1%}\nuntried: {at_most: 5%}\n", encoding="utf-8")

    def policy(*words):
        return command("policy", *words, **variables)

    with served(environment=clean_environment(**variables, POINTSMAN_OPEN=1)) as url:

        def decide(name):
            body = json.dumps(order_json(id=name)).encode()
            request = urllib.request.Request(f"{url}/v1/decisions", body, {"Content-Type": "application/json"})
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)["policy_version"]

        before = decide("W-0")
        publish = policy("publish", tmp_path)
        assert "the gate passes" in publish.stdout, publish.stderr
        version = publish.stdout.split()[1]
        begun = policy("canary", version[:8], "--share", "100%", "--stop-if", "unfilled > +0", "--at-least", "1")
        assert begun.returncode == 0, begun.stderr
        assert begun.stdout.startswith(f"canary {version[:12]} beside {before[:12]}: 100% of the orders since ")
        assert policy("shadow", version[:8]).returncode == 0
        (tmp_path / "test.yaml").write_bytes(policy_file("then: {hold: 3 h}")["test.yaml"])
        other = policy("publish", tmp_path, "--no-gate").stdout.split()[1]
        second = policy("canary", other[:8], "--share", "5%")
        assert (second.stdout, second.stderr) == ("", f"version {version[:12]} is the canary already; end it first\n")
        assert decide("W-1") == version
        wait_until(lambda: "it broke a bound: unfilled > +0" in policy("canary").stdout, "the canary is over")
        assert decide("W-2") == before
        wait_until(lambda: json.loads(policy("shadow", "--json").stdout)["orders"] == 2, "the shadow has both orders")
    listed = policy("canary", "--orders", "--lang", "fr")
    assert "  commande W-1 : " in listed.stdout.replace("\xa0", " ")
    assert policy("canary", "--promote").stderr.strip() == "there is no canary"
    assert 0 <= order_number("W-1") < 10_000


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--share", "25%", "--stop-if", "late > +2%"), "are given with VERSION"),
        (("--at-least", "20"), "are given with VERSION"),
        (("--stop", "--watch", "late"), "are given with VERSION"),
        (("--promote", "--share", "25%"), "give VERSION with --share"),
        (("abcd",), "give VERSION with --share"),
    ],
)
def test_words_that_a_canary_would_ignore_are_refused(command, words, message):
    refused = command("policy", "canary", *words)
    assert (refused.returncode, message in " ".join(refused.stderr.split())) == (2, True), refused.stderr
