"""The header Idempotency-Key: which requests take it, and what is made of it."""

import hashlib
from typing import Any

from flask import request

from api.http.access.caller import caller
from api.http.serving.routes import STREAMS
from engine.errors import InputInvalid, Mistake

HEADER = "Idempotency-Key"
MOST_LETTERS = 200
TAKES_KEY = "takes_key"
"""In what flask-smorest knows of an operation: the methods with which it takes the header."""
_READ_BY_POST = frozenset(
    {"/v1/availability", "/v1/promises", "/v1/policies/check", "/v1/policies/explain", "/v1/policies/edit"}
)
"""They change nothing: what they answered a while ago is of no use."""
_CHANGING_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "a name for this request: sent again with the same body and query, it is answered the same and not"
    " carried out again",
    "schema": {"type": "string", "minLength": 1, "maxLength": MOST_LETTERS},
}


def takes_key(method: str, path: str) -> bool:
    """Whether a request's answer is kept under its key. Long requests have none to keep: the key of a batch is for each
    of its orders, and lines of others have names of their own.
    """
    return method in _CHANGING_METHODS and (method, path) not in STREAMS and path not in _READ_BY_POST


def key_of_request() -> str | None:
    """The idempotency key of the running request, if it takes one and has it. Raises InputInvalid."""
    key = _text_of_header()
    if key is None or request.endpoint is None or not takes_key(request.method, request.path):
        return None
    if not 1 <= len(key) <= MOST_LETTERS:
        raise InputInvalid([Mistake(field=HEADER, message=f"a key has 1 to {MOST_LETTERS} letters")])
    return key


def _text_of_header() -> str | None:
    """Servers decode headers as Latin-1, but most callers write UTF-8."""
    header = request.headers.get(HEADER)
    if header is None:
        return None
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


def operation_of_key() -> str | None:
    """The name of the running request's operation in the ledger, if its caller gave it an idempotency key."""
    key = key_of_request()
    return None if key is None else f"key {digest(caller().name, request.method, request.path, key)}"


def digest(*words: str, body: bytes = b"") -> str:
    """Of words and a body, so that no other ones have the same."""
    head = b"".join(b"%d:%s" % (len(word.encode()), word.encode("utf-8", "surrogateescape")) for word in words)
    return hashlib.sha256(head + body).hexdigest()


def document_key(doc: dict[str, Any], doc_info: dict[str, Any], *, method: str, **_: Any) -> dict[str, Any]:
    """The operation's description, with the header if it takes it; a callback of flask-smorest."""
    parameters = doc.get("parameters", [])
    if method.upper() not in doc_info.get(TAKES_KEY, ()) or any(map(_has_key, parameters)):
        return doc
    return {**doc, "parameters": [*parameters, _PARAMETER]}


def _has_key(parameter: dict[str, Any]) -> bool:
    """Whether it is a shape of headers, as flask-smorest keeps it, that has this one."""
    fields = getattr(parameter.get("schema"), "fields", {})
    return any(field.data_key == HEADER for field in fields.values())
