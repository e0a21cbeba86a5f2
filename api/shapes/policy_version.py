"""A published policy version, as callers write it: its hash, or the start of it."""

from typing import Any

from marshmallow import ValidationError, fields

from engine.audit.search.decision_filter import LEAST_OF_VERSION

_MOST = 64
_LETTERS = frozenset("0123456789abcdef")


class PolicyVersion(fields.String):
    """The start of a version, or all of it, in lower case."""

    def _deserialize(self, value: Any, *arguments: Any, **more: Any) -> str:
        text = str(super()._deserialize(value, *arguments, **more)).lower()
        if not LEAST_OF_VERSION <= len(text) <= _MOST or not _LETTERS.issuperset(text):
            raise ValidationError(f"write a policy version, or {LEAST_OF_VERSION} letters or more of its start")
        return text
