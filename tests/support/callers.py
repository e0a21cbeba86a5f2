"""Clients of the application that carry an API key, as callers do."""

from flask import Flask
from flask.testing import FlaskClient

from api.http.app import create_app
from engine.model.scopes import ALL_NETWORKS, Role
from engine.service import Pointsman


def client_of(pointsman: Pointsman, app: Flask | None = None, **rights) -> FlaskClient:
    """A client of an application around `pointsman`, or of `app`, with a key as `key_of` makes it."""
    return with_key((app or create_app(pointsman)).test_client(), key_of(pointsman, **rights))


def key_of(
    pointsman: Pointsman, *, client: str = "http", role: Role = "admin", networks: tuple[str, ...] = (ALL_NETWORKS,)
) -> str:
    """The text of a new key. This Pointsman has seen it in use, so it knows the key while the server is away."""
    text = pointsman.api_keys.create(role=role, client=client, networks=networks).text.reveal()
    assert pointsman.api_keys.authenticate(text) is not None
    return text


def with_key(client: FlaskClient, text: str) -> FlaskClient:
    """The client, with this key in every request."""
    client.environ_base = {**client.environ_base, **bearer(text)}
    return client


def bearer(text: str) -> dict[str, str]:
    """The key as an environment of WSGI has it."""
    return {"HTTP_AUTHORIZATION": f"Bearer {text}"}
