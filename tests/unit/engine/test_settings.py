"""Settings from environment variables: defaults, every variable, and bad values, which are named."""

from pathlib import Path

import pytest

from engine.access.openid_client import OpenIdClient
from engine.errors import BadSetting
from engine.fulfilment.tracking.settings import TrackingSettings
from engine.rate_limit import RateLimit
from engine.settings import Settings
from engine.simulation.settings import WhatIfSettings


def test_an_empty_environment_means_the_embedded_server_here():
    assert Settings.from_environment({}) == Settings(
        redis_url=None, data=Path(".pointsman"), network="main", fsync="everysec", max_lines=500, server_stays=5
    )


OPENID = {"POINTSMAN_OIDC_ISSUER": "https://id.example/realm", "POINTSMAN_OIDC_AUDIENCE": "pointsman"}


def test_people_sign_in_at_the_provider_where_a_client_is_set():
    def client(**more):
        return Settings.from_environment({**OPENID, **more}).access.openid.client

    assert client() is None
    plain = client(POINTSMAN_OIDC_CLIENT_ID="console")
    assert plain == OpenIdClient(client_id="console", provider="id.example", session_seconds=8 * 3_600)
    made = client(
        POINTSMAN_OIDC_CLIENT_ID="console",
        POINTSMAN_OIDC_CLIENT_SECRET="secret!",
        POINTSMAN_OIDC_SCOPES="openid profile",
        POINTSMAN_OIDC_PROVIDER="Example & Co",
        POINTSMAN_OIDC_SESSION="30 min",
    )
    assert (made.secret, made.scopes, made.provider) == ("secret!", ("openid", "profile"), "Example & Co")
    assert made.session_seconds == 1_800
    assert "secret!" not in repr(made)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("POINTSMAN_OIDC_SCOPES", "profile"),
        ("POINTSMAN_OIDC_SCOPES", 'openid a"b'),
        ("POINTSMAN_OIDC_PROVIDER", "x" * 61),
        ("POINTSMAN_OIDC_PROVIDER", "a\tb"),
        ("POINTSMAN_OIDC_SESSION", "4 min"),
        ("POINTSMAN_OIDC_SESSION", "13 h"),
        ("POINTSMAN_OIDC_SESSION", "long"),
        ("POINTSMAN_CONSOLE_URL", "https://shop.example/"),
        ("POINTSMAN_CONSOLE_URL", "http://shop.example/console"),
        ("POINTSMAN_CONSOLE_URL", "https://shop.example/console?x=1"),
    ],
)
def test_a_setting_of_signing_in_there_that_cannot_be_is_named(name, value):
    with pytest.raises(BadSetting, match=name):
        Settings.from_environment({**OPENID, "POINTSMAN_OIDC_CLIENT_ID": "console", name: value})


def test_a_client_without_a_provider_is_refused():
    with pytest.raises(BadSetting, match="POINTSMAN_OIDC_ISSUER"):
        Settings.from_environment({"POINTSMAN_OIDC_CLIENT_ID": "console"})


def test_every_setting_is_read():
    environ = {
        "POINTSMAN_REDIS_URL": "redis://stock:6379/1",
        "POINTSMAN_DATA": "/var/lib/pointsman",
        "POINTSMAN_NETWORK": "hexagone-FR_2",
        "POINTSMAN_FSYNC": "always",
        "POINTSMAN_MAX_LINES": "40",
        "POINTSMAN_MAX_HOLDS": "7",
        "POINTSMAN_MAX_HOLD": "7 d",
        "POINTSMAN_REPLICAS": "1",
        "POINTSMAN_REDIS_REPLICA_URL": "rediss://follower:6379/1",
        "POINTSMAN_USER": "anna",
        "POINTSMAN_GUARD": "off",
        "POINTSMAN_BACKLOG": "manual",
        "POINTSMAN_PRINTING": "manual",
        "POINTSMAN_WHATIF_JOBS": "2",
        "POINTSMAN_WHATIF_WORKERS": "4",
        "POINTSMAN_WHATIF_WAITING": "7",
        "POINTSMAN_KEEP_WHATIF": "2 d",
        "POINTSMAN_TRACKING_LOST_AFTER": "12 d",
        "POINTSMAN_TRACKING_PAGE": "token",
        "POINTSMAN_TRACKING_LIMIT": "7/second",
        "POINTSMAN_UNDO": "4 h",
        "POINTSMAN_SERVER_STAYS": "0",
        "POINTSMAN_PERSONAL": "tags, address",
        "POINTSMAN_ARCHIVE": "/var/lib/archive",
        "POINTSMAN_RETENTION": "loaded=2 d, counted = 400 d",
    }
    assert Settings.from_environment(environ) == Settings(
        redis_url="redis://stock:6379/1",
        data=Path("/var/lib/pointsman"),
        network="hexagone-FR_2",
        fsync="always",
        max_lines=40,
        personal=("address", "tags"),
        max_holds=7,
        max_hold=7 * 24 * 60,
        replicas=1,
        redis_replica_url="rediss://follower:6379/1",
        user="anna",
        guard="off",
        backlog="manual",
        printing="manual",
        whatif=WhatIfSettings(jobs=2, workers=4, waiting=7, kept=2 * 24 * 60),
        tracking=TrackingSettings(silence=12 * 24 * 60 * 60, page="token", page_limit=RateLimit(requests=7, seconds=1)),
        undo=4 * 60,
        server_stays=0,
        archive=Path("/var/lib/archive"),
        retention=(("counted", 400 * 24 * 60), ("loaded", 2 * 24 * 60)),
    )


def test_an_empty_variable_is_one_that_is_not_set():
    assert Settings.from_environment({"POINTSMAN_REDIS_URL": "", "POINTSMAN_NETWORK": " "}) == Settings(server_stays=5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("POINTSMAN_REDIS_URL", "localhost:6379"),
        ("POINTSMAN_SERVER_STAYS", "8 d"),
        ("POINTSMAN_SERVER_STAYS", "always"),
        ("POINTSMAN_NETWORK", "a{b}"),
        ("POINTSMAN_NETWORK", "é"),
        ("POINTSMAN_NETWORK", "n" * 41),
        ("POINTSMAN_FSYNC", "no"),
        ("POINTSMAN_GUARD", "on"),
        ("POINTSMAN_BACKLOG", "cron"),
        ("POINTSMAN_PRINTING", "cups"),
        ("POINTSMAN_WHATIF_JOBS", "0"),
        ("POINTSMAN_WHATIF_WORKERS", "257"),
        ("POINTSMAN_WHATIF_WAITING", "1001"),
        ("POINTSMAN_KEEP_WHATIF", "91 d"),
        ("POINTSMAN_MAX_LINES", "0"),
        ("POINTSMAN_MAX_HOLD", "7"),
        ("POINTSMAN_MAX_HOLD", "0 h"),
        ("POINTSMAN_MAX_HOLD", "91 d"),
        ("POINTSMAN_KEEP_ANSWERS", "31 d"),
        ("POINTSMAN_PERSONAL", "adress"),
        ("POINTSMAN_PERSONAL", "none,tags"),
        ("POINTSMAN_RATE_LIMIT", "0/second"),
        ("POINTSMAN_RATE_LIMIT", "600 per minute"),
        ("POINTSMAN_TRACKING_LOST_AFTER", "0 d"),
        ("POINTSMAN_TRACKING_LOST_AFTER", "91 d"),
        ("POINTSMAN_TRACKING_PAGE", "everybody"),
        ("POINTSMAN_TRACKING_LIMIT", "0"),
        ("POINTSMAN_UNDO", "1440"),
        ("POINTSMAN_UNDO", "31 d"),
        ("POINTSMAN_REPLICAS", "10"),
        ("POINTSMAN_REPLICAS", "-1"),
        ("POINTSMAN_REDIS_URL", "redis+elsewhere://one:1"),
        ("POINTSMAN_REDIS_REPLICA_URL", "redis+cluster://one:1"),
        ("POINTSMAN_REDIS_REPLICA_URL", "redis://follower:6379"),
        ("POINTSMAN_MAX_LINES", "-1"),
        ("POINTSMAN_MAX_LINES", "1e3"),
        ("POINTSMAN_MAX_LINES", "٣"),
        ("POINTSMAN_MAX_LINES", "9" * 5000),
    ],
)
def test_a_bad_value_is_named_with_its_variable_and_what_is_allowed(name, value):
    with pytest.raises(BadSetting) as caught:
        Settings.from_environment({name: value})
    assert name in str(caught.value)
    assert value in str(caught.value)
    assert caught.value.allowed in str(caught.value)


@pytest.mark.parametrize("primary", ["redis+cluster://one:1", "redis+sentinel://one:1/stock"])
def test_a_replica_is_named_of_a_single_server_alone(primary):
    with pytest.raises(BadSetting, match=r"POINTSMAN_REDIS_REPLICA_URL.*must be left out"):
        Settings.from_environment(
            {"POINTSMAN_REDIS_URL": primary, "POINTSMAN_REDIS_REPLICA_URL": "redis://:sesame@follower:6379"}
        )


def test_a_password_in_a_bad_url_is_not_shown():
    with pytest.raises(BadSetting) as caught:
        Settings.from_environment({"POINTSMAN_REDIS_URL": "http://app:sesame@stock:6379"})
    assert "sesame" not in str(caught.value)
    assert "http://***@stock:6379" in str(caught.value)
