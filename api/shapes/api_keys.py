"""Requests on API keys."""

from typing import get_args

from marshmallow import fields, validate

from api.shapes.base import Strict
from api.shapes.client_name import ClientName
from api.shapes.fields import Instant, Literal
from engine.access.settings import NETWORK_NAME
from engine.model.scopes import ALL_NETWORKS, Role
from rules.syntax import literals

_MOST_NETWORKS = 100
_LONGEST_OVERLAP = 90 * 24 * 60
"""Minutes."""
_NETWORK = f"^({NETWORK_NAME.pattern}|{ALL_NETWORKS.replace('*', '[*]')})$"


class NewKeyRequest(Strict):
    """Whose key it is, what it may do and where, and until when."""

    client = ClientName(required=True, metadata={"description": "whose it is, for the log and for quotas"})
    role = fields.String(required=True, validate=validate.OneOf(get_args(Role)))
    networks = fields.List(
        fields.String(
            validate=validate.Regexp(
                f"{_NETWORK[:-1]}\\Z",
                error="a network's name is 1 to 40 unaccented letters, digits, hyphens and underscores",
            ),
            metadata={"pattern": _NETWORK},
        ),
        load_default=None,
        allow_none=True,
        validate=validate.Length(min=1, max=_MOST_NETWORKS),
        metadata={"description": "those that it may use, * for all; without, the one that the request is about"},
    )
    expires_at = Instant(
        load_default=None, allow_none=True, metadata={"description": "when it ends; without, it does not"}
    )


class RotateKeyRequest(Strict):
    """How long the former key goes on to work, and when the new one ends."""

    overlap = Literal(
        literals.duration,
        most=_LONGEST_OVERLAP,
        load_default=24 * 60,
        metadata={"description": "how long the former key goes on to work", "example": "1 d"},
    )
    expires_at = Instant(
        load_default=None, allow_none=True, metadata={"description": "when the new one ends; without, it does not"}
    )
