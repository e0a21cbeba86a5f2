"""The marshmallow shapes of `NAME_test.yaml`."""

from marshmallow import fields, validate

from api.shapes.base import Strict
from api.shapes.fields import Instant, Literal, Word
from rules.syntax import literals

_SOME = validate.Length(min=1, error="nothing stands here; write at least one, or leave the key out")


class ExpectedBadShape(Strict):
    """A row that is to be refused: its number, the path, and words that its message must have."""

    row = Literal(literals.count)
    path = fields.String()
    message = fields.String()


class ExpectShape(Strict):
    """What is to come out. What is left out is not compared, but for `bad`: no row is, unless it is said. Of a
    connector that sends: the `text`, or the `file` beside this one that has it, and the `name` of what is written,
    `asked`, what is asked before, and `address`, the fields in the address.
    """

    rows = fields.List(fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True)))
    count = Literal(literals.count)
    bad = fields.List(fields.Nested(ExpectedBadShape))
    skipped = Literal(literals.count)
    file = Word()
    text = fields.String()
    name = fields.String()
    asked = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True))
    address = fields.Dict(keys=fields.String(), values=fields.String())


class ConnectorTestShape(Strict):
    """A sample, in a file beside this one or as it stands here, and what came with it. `answer` is the file of what
    the target answers when it is asked before something is sent.
    """

    test = Word(required=True)
    sample = Word()
    answer = Word()
    text = fields.String()
    file = Word()
    received_at = Instant()
    headers = fields.Dict(keys=fields.String(), values=fields.String())
    expect = fields.Nested(ExpectShape, required=True)


class ConnectorTestFileShape(Strict):
    connector = Word(required=True)
    tests = fields.List(fields.Nested(ConnectorTestShape), required=True, validate=_SOME)
