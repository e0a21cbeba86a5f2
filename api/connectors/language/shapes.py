"""The marshmallow shapes of a connector's file: which keys there are, and what kind of value each takes.

Values are texts as they were written, or lists and mappings of these; `loader` makes a Connector of them.
"""

from marshmallow import fields, validate

from api.connectors.language.units import UNITS
from api.connectors.language.values import (
    Choice,
    Letters,
    Number,
    NumberOrField,
    OnlySecret,
    SecretWord,
    Servers,
    Several,
    Single,
    TextOrSecret,
    seconds,
    verify_zone,
)
from api.shapes.base import Strict
from api.shapes.fields import Literal, Note, Word
from rules.syntax import literals
from rules.syntax.policy_shapes import ID_PATTERN, NO_ID

_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]\Z"
_ID = validate.Regexp(rf"{ID_PATTERN}\Z", error=NO_ID)
_TOPIC = validate.Regexp(
    r"(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,249}\Z",
    error="'{input}' is no name of a topic; write letters, digits and ._- only",
)
_GROUP = validate.Regexp(
    r"[\x21-\x7e]{1,200}\Z", error="'{input}' is no name of a consumer group; write a word, as pointsman-stock"
)
_SOME = validate.Length(min=1, error="nothing stands here; write at least one, or leave the key out")
SOURCES = ("folder", "sftp", "http", "push", "stream", "kafka")
"""The keys that say from where messages come, of which one stands under `reads`; but for `push`, also where they go."""


class ConnectorShape(Strict):
    """The keys of a connector's file."""

    connector = fields.String(required=True, validate=_ID)
    owner = Note(required=True)
    because = fields.Raw(required=True, allow_none=True)
    kind = fields.String(required=True)
    reads = fields.Raw()
    sends = fields.Raw()
    format = fields.Raw(required=True)
    once = Several()
    when = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True), validate=_SOME)
    must = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True), validate=_SOME)
    group = Several()
    fields_ = fields.Dict(
        data_key="fields",
        required=True,
        keys=fields.String(),
        values=fields.Raw(allow_none=True),
        validate=_SOME,
    )
    answer = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True), validate=_SOME)
    lookups = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True), validate=_SOME)
    quarantine = Choice("row", "file")
    answers = Choice("CONTRL", "997")
    answer_to = Single()
    echo_of = Several()
    remember = Literal(seconds, most=400 * 86_400)
    keep = Literal(seconds, most=4_000 * 86_400)


class _Reading(Strict):
    every = Literal(seconds, most=30 * 86_400)


class FolderReads(_Reading):
    folder = Single(required=True)
    files = Several()
    settled = Literal(seconds, most=86_400)


class SftpReads(FolderReads):
    class Meta(_Reading.Meta):
        exclude = ("folder",)

    sftp = Single(required=True)
    key = TextOrSecret()
    known_hosts = Single()
    done = Single()
    delete = Literal(literals.flag)


class PagesShape(Strict):
    link = Choice("next")
    address = Single()
    cursor = Single()
    number = Single()
    parameter = Single()
    first = Literal(literals.count)
    total = Single()


class HttpReads(_Reading):
    http = TextOrSecret(required=True)
    method = Choice("GET", "POST")
    headers = fields.Dict(keys=fields.String(), values=TextOrSecret())
    user = TextOrSecret()
    password = TextOrSecret()
    bearer = TextOrSecret()
    body = Single()
    pages = fields.Nested(PagesShape)
    dates = Single()
    overlap = Literal(seconds, most=86_400)
    first = Literal(seconds, most=4_000 * 86_400)
    most_a_minute = Literal(literals.count)


class PushReads(Strict):
    push = Choice("key", "hmac-sha256", required=True)
    header = Single()
    encoding = Choice("base64", "hex")
    prefix = Single()
    secret = SecretWord()


class StreamReads(_Reading):
    stream = Single(required=True)
    field = Single()
    server = TextOrSecret()


class KafkaShape(Strict):
    """How a cluster of Kafka is reached."""

    kafka = fields.String(required=True, validate=_TOPIC)
    servers = Servers(required=True)
    tls = Literal(literals.flag)
    authority = Single()
    certificate = Single()
    key = TextOrSecret()
    key_password = OnlySecret()
    sasl = Choice("plain", "scram-sha-256", "scram-sha-512")
    user = TextOrSecret()
    password = OnlySecret()


class KafkaReads(KafkaShape, _Reading):
    group = fields.String(required=True, validate=_GROUP)


class _Sending(Strict):
    every = Literal(seconds, most=30 * 86_400)
    most = Literal(literals.count, most=100_000)
    each = Single()
    channel = Word()
    nodes = Several()
    whole = Literal(literals.flag)
    again_after = Several()


class FolderSends(_Sending):
    folder = Single(required=True)
    file = Single(required=True)


class SftpSends(_Sending):
    sftp = Single(required=True)
    file = Single(required=True)
    key = TextOrSecret()
    known_hosts = Single()


class OAuthShape(Strict):
    token = TextOrSecret(required=True)
    client = TextOrSecret(required=True)
    secret = SecretWord(required=True)
    scope = Single()


class SignatureShape(Strict):
    header = Single(required=True)
    secret = SecretWord(required=True)
    encoding = Choice("base64", "hex")
    prefix = Single()


class AskShape(Strict):
    """What is asked of the target beforehand: of its own address, with its keys, unless it says otherwise."""

    http = TextOrSecret()
    method = Choice("GET", "POST")
    errors = Single()
    busy = Single()
    done = Single()
    fields_ = fields.Dict(
        data_key="fields", required=True, keys=fields.String(), values=fields.Raw(allow_none=True), validate=_SOME
    )


class HttpSends(_Sending):
    ask = fields.Nested(AskShape)
    oauth = fields.Nested(OAuthShape)
    signature = fields.Nested(SignatureShape)
    idempotency = Single()
    errors = Single()
    busy = Single()
    http = TextOrSecret(required=True)
    method = Choice("POST", "PUT", "PATCH")
    headers = fields.Dict(keys=fields.String(), values=TextOrSecret())
    user = TextOrSecret()
    password = TextOrSecret()
    bearer = TextOrSecret()
    most_a_minute = Literal(literals.count)


class StreamSends(_Sending):
    stream = Single(required=True)
    field = Single()
    server = TextOrSecret()


class KafkaSends(KafkaShape, _Sending):
    pass


READS = {
    "folder": FolderReads,
    "sftp": SftpReads,
    "http": HttpReads,
    "push": PushReads,
    "stream": StreamReads,
    "kafka": KafkaReads,
}
SENDS = {
    "folder": FolderSends,
    "sftp": SftpSends,
    "http": HttpSends,
    "stream": StreamSends,
    "kafka": KafkaSends,
}


class FieldShape(Strict):
    """How a field is found. `from`, `value`, `join` or `each` says from where."""

    from_ = Several(data_key="from")
    value = fields.String()
    join = fields.List(fields.Raw(), validate=_SOME)
    with_ = fields.String(data_key="with")
    each = Single()
    fields_ = fields.Dict(data_key="fields", keys=fields.String(), values=fields.Raw(allow_none=True), validate=_SOME)
    together = Single()
    type = Choice("text", "number", "flag")
    unless = Several()
    between = Several()
    cut = Letters()
    strip = Single()
    upper = Literal(literals.flag)
    split = Single()
    words = fields.Dict(keys=fields.String(), values=fields.String(), validate=_SOME)
    lookup = Single()
    else_ = fields.String(data_key="else")
    decimal = Choice(".", ",")
    unit = Choice(*UNITS)
    times = NumberOrField()
    date = Single()
    zone = fields.String(validate=verify_zone)
    time = fields.String(validate=validate.Regexp(_TIME, error="write a time of day, as 18:30"))
    twice = Choice("first", "second")
    default = fields.String()
    optional = Literal(literals.flag)


class RowTestShape(Strict):
    """What is asked of a path, if it is more than which values it may have."""

    not_ = Several(data_key="not")
    known = Literal(literals.flag)
    matches = Several()
    at_least = Number()
    more_than = Number()
    at_most = Number()
    less_than = Number()


class LookupFileShape(Strict):
    file = Single(required=True)
    key = Single(required=True)
    value = Single(required=True)


class LookupRowsShape(Strict):
    """A table of the record that is sent, of what was answered about it for example."""

    rows = Single(required=True)
    each = Single()
    key = Single(required=True)
    value = Single(required=True)
