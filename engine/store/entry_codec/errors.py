"""What is wrong with stored bytes.

BodyDamaged          they are of no body, or altered
DictionaryMissing    a newer release wrote them
"""


class BodyDamaged(ValueError):
    """The stored bytes are not those of a body, or not as they were written."""


class DictionaryMissing(BodyDamaged):
    """The dictionary by which the body was compressed is of a newer release."""
