"""Keys and tokens are in no log, no error and no record; and naughty strings in their place break nothing."""

import logging
import unicodedata

import pytest
from marshmallow import ValidationError

from api.shapes.client_name import ClientName
from engine.access.secret import KeyText
from engine.errors import StoreUnavailable
from engine.store.api_keys import API_KEYS
from tests.conftest import activate
from tests.support.callers import bearer, client_of, key_of, with_key
from tests.support.naughty_strings import is_readable, naughty_words
from tests.support.order_json import order_json
from tests.support.problem_json import problem_of

SELDOM = 20
"""Of so many strings, one goes all the way."""
POLICY = "policy: p\nrules:\n  - {id: r, because: why, then: {hold: 1 h}}\n"


@pytest.fixture
def everything_stored(contents, redis_client):
    return lambda: str(contents()) + str(redis_client.hgetall(API_KEYS))


def test_no_secret_is_in_a_log_an_error_or_a_record(http, pointsman, everything_stored, caplog, monkeypatch):
    caplog.set_level(logging.DEBUG)
    text = key_of(pointsman, client="Ada")
    secret, name = text.split("_", 2)[2], text.split("_")[1]
    wrong = KeyText(id=name, secret=secret[::-1]).reveal()
    nobody, answers = http.application.test_client(), []
    for sent in (text, wrong, f"{text} ", text.upper()):
        paths = ("/v1/orders", "/v1/nowhere", "/v1/decisions/none")
        answers += [nobody.get(path, environ_base=bearer(sent)) for path in paths]
        answers.append(nobody.post("/v1/decisions", json=order_json(), environ_base=bearer(sent)))
        answers.append(nobody.post("/v1/decisions", data=b"{", environ_base=bearer(sent)))

    def fail(_):
        raise StoreUnavailable("away", details="at host:1")

    monkeypatch.setattr(pointsman.api_keys, "authenticate", fail)
    answers.append(nobody.get("/v1/orders", environ_base=bearer(text)))
    problem_of(answers[-1], 503)

    def break_down(_):
        raise RuntimeError

    monkeypatch.setattr(pointsman.api_keys, "authenticate", break_down)
    answers.append(nobody.get("/v1/orders", environ_base=bearer(text)))
    problem_of(answers[-1], 500)
    shown = [answer.data.decode() + str(answer.headers) for answer in answers]
    for part in (secret, secret[::-1]):
        assert not [where for where in (*shown, everything_stored(), caplog.text) if part in where]


def header_texts():
    """Those that a header can have: no control characters."""
    return [text for text in naughty_words() if is_readable(text)]


@pytest.mark.slow
def test_naughty_strings_are_no_key_and_no_network(http, network, contents):
    before, nobody = contents(), http.application.test_client()
    for number, naughty in enumerate(header_texts()):
        as_sent = naughty.encode().decode("latin-1")
        address = {"REMOTE_ADDR": f"192.0.2.{number % 256}"}  # one alone may not send so many
        for header in (f"Bearer {as_sent}", as_sent):
            refused = nobody.get("/v1/orders", headers={"Authorization": header}, environ_overrides=address)
            problem_of(refused, 401)
        problem_of(http.get("/v1/orders", headers={"X-Pointsman-Network": as_sent}), 403)
        assert http.get("/v1/orders", headers={"Origin": as_sent}).status_code == 200
    assert contents() == before


@pytest.mark.slow
def test_notes_of_approvals_are_kept_as_they_are_or_refused(pointsman, http):
    version = http.post("/v1/policies", json={"files": {"p.yaml": POLICY}}).get_json()["version"]
    kept = []
    for number, naughty in enumerate(naughty_words()):
        if number % SELDOM == 0:  # who approved before is not noted again
            with_key(http, key_of(pointsman, client=f"Bob {number}"))
        answer = http.post(f"/v1/policies/{version}/approve", json={"note": naughty})
        assert answer.status_code == (200 if is_one_line(naughty) else 422), naughty
        if answer.status_code == 200 and len(kept) <= number // SELDOM:
            kept.append(naughty)
    assert [change.note for change in pointsman.versions.history() if change.kind == "approved"] == kept


def is_one_line(text):
    return all(unicodedata.category(letter) != "Cc" for letter in text)


@pytest.mark.slow
def test_a_naughty_name_is_kept_as_it_is_or_refused(http, pointsman):
    activate(pointsman, "then: {hold: 1 h}")
    for number, naughty in enumerate(naughty_words()):
        try:
            name = ClientName().deserialize(naughty)
        except ValidationError:
            assert not is_readable(naughty) or not naughty.strip()
            continue
        assert name == naughty.strip()
        key = pointsman.api_keys.create(role="oms", client=name, networks=("*",))
        assert pointsman.api_keys.authenticate(key.text.reveal()) == key.stored
        if number % SELDOM:
            continue
        caller = with_key(http, key.text.reveal())
        made = caller.post("/v1/decisions", json=order_json(("SHIRT", 1)), headers={"Idempotency-Key": "k"})
        assert made.status_code == 201, naughty
        assert caller.post(f"/v1/decisions/{made.get_json()['id']}/release", json={}).status_code == 200
    assert pointsman.check().clean


def test_an_idempotency_key_of_one_caller_is_never_that_of_another(http, pointsman):
    """Names and keys may have any characters, those between them as well."""
    names = [("a", "b:c"), ("a:b", "c"), ("a%3Ab", "c"), ("a%3ab", "c"), ("a", "b%3Ac")]
    ids = set()
    for client, key in names:
        caller = client_of(pointsman, http.application, client=client, role="oms")
        sent = [caller.post("/v1/decisions", json=order_json(), headers={"Idempotency-Key": key})]
        assert sent[0].status_code == 201
        ids.add(sent[0].get_json()["id"])
    assert len(ids) == len(names)
