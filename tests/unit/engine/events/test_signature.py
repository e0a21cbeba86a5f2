"""Signatures are those of Standard Webhooks: its own example, and its own library."""

import datetime
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from engine.events.webhooks.signature import new_secret, signed_headers


def now():
    """The library verifies by the clock of the machine."""
    return int(datetime.datetime.now(tz=datetime.UTC).timestamp())


def test_the_example_of_its_test_suite_comes_out():
    headers = signed_headers(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        message="msg_p5jXN8AQM9LWM0D4loKWxJek",
        at=1_614_265_330,
        body=b'{"test": 2432232314}',
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@given(st.text(st.characters(exclude_categories=["Cs"])), st.from_regex(r"[0-9]+-[0-9]+-[0-9]+", fullmatch=True))
def test_its_library_verifies_what_any_of_two_secrets_signed_and_nothing_else(text, message):
    first, second, other = new_secret(), new_secret(), new_secret()
    headers = dict(signed_headers([first, second], message=message, at=now(), body=text.encode()))
    for key in (first, second):
        Webhook(key).verify(text, headers, json_parse=False)
    for key, body in ((other, text), (first, text + " ")):
        with pytest.raises(WebhookVerificationError):
            Webhook(key).verify(body, headers, json_parse=False)


def test_a_secret_is_of_the_length_that_is_asked_for_and_another_each_time():
    first, second = new_secret(), new_secret()
    assert first != second
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", first), "32 bytes: 24 to 64"
