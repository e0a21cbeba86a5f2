"""Signatures of webhooks by Standard Webhooks 1.0.0: HMAC-SHA256 of id, instant and body, one for each secret.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping

PREFIX = "whsec_"
_SECRET_BYTES = 32


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signed_headers(keys: Iterable[str], *, message: str, at: int, body: bytes) -> Mapping[str, str]:
    """The headers by which a receiver knows the message and the instant (UTC seconds) of the attempt, and verifies them
    and the body by any of the secrets. `message` has no full stop.
    """
    signed = b".".join([message.encode(), str(at).encode(), body])
    signatures = [base64.b64encode(hmac.digest(_decoded(key), signed, hashlib.sha256)).decode() for key in keys]
    return {
        "webhook-id": message,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def _decoded(key: str) -> bytes:
    return base64.b64decode(key.removeprefix(PREFIX), validate=True)
