"""From where messages come, and where they go."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """`{secret: WORD}`: the setting POINTSMAN_CONNECTOR_<NAME>_<WORD> of the environment."""

    word: str


Text: TypeAlias = str | Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """`path` is below the folder of the connectors' data, or absolute. `files` are globs. A file counts as whole once
    it has not changed for so many `settled` seconds; 0: they are renamed into the folder.
    """

    path: str
    files: tuple[str, ...] = ("*",)
    settled: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Sftp:
    """By OpenSSH's `sftp -b`. `key` and `known_hosts` are the names of files. Files that were read are renamed into the
    folder `done` there, or deleted if `delete` says so; else they stay, and are known by name, size and time.
    """

    host: str
    user: str
    path: str
    port: int = 22
    key: Text | None = None
    known_hosts: str | None = None
    files: tuple[str, ...] = ("*",)
    settled: int = 10
    done: str | None = None
    delete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """How the next page of an answer is asked for: by the `Link` header (`link`), by an address in the answer
    (`address`, a path), by a `cursor` (a path in the answer) in the parameter `parameter`, or by a number that counts
    from `first` in it, until a page has no row or, with `total`, as many were read as that path of an answer says.
    """

    by: Literal["link", "address", "cursor", "number"]
    path: str = ""
    parameter: str = ""
    first: int = 1
    total: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth:
    """Client credentials (RFC 6749, section 4.4): a token is asked for at the URL `token`, and again once over."""

    token: Text
    client: Text
    secret: Secret
    scope: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """HMAC-SHA256 of the body under the `secret`, in a header, behind its `prefix`."""

    header: str
    secret: Secret
    encoding: Literal["base64", "hex"] = "hex"
    prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpCall:
    """A request. In `url` and `body`, `$since`, `$cursor` and the other words of PARTS stand for what they mean."""

    url: Text
    method: Literal["GET", "POST", "PUT", "PATCH"] = "GET"
    headers: Mapping[str, Text] = field(default_factory=dict)
    user: Text | None = None
    password: Text | None = None
    """With `user`: basic authentication."""
    bearer: Text | None = None
    body: str | None = None
    dates: str | None = None
    """Of `$since` and `$now`: how they are written, as in Python's strftime; not given: as in RFC 3339."""
    overlap: int = 60
    """So many seconds before the last pull `$since` is, as the other side's clock may be behind ours."""
    first: int | None = None
    """So many seconds before it is asked for the first time `$since` is then; None: since 1970, so all there is."""
    pages: Pages | None = None
    most_a_minute: int | None = None
    """So many requests, and no more, are sent in a minute."""
    oauth: "OAuth | None" = None
    signature: "Signature | None" = None
    idempotency: str = "Idempotency-Key"
    """Of what is sent: the header with the name of the message, which is the same when it is sent again."""
    errors: str = ""
    """A path in the answer (JMESPath) at which nothing stands if the message was taken, whatever its status says."""
    busy: str = ""
    """A path in the answer at which something stands if the message is to be sent again later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """`POST /v1/connectors/{name}`. With `header`, that header has the signature of the body as it came, by
    `algorithm` under the `secret`; else the request has an API key of ours, as any other.
    """

    header: str = ""
    algorithm: Literal["hmac-sha256"] = "hmac-sha256"
    encoding: Literal["base64", "hex"] = "base64"
    prefix: str = ""
    """Of the header's value, before the signature, as `sha256=`."""
    secret: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A Redis stream, on the installation's own server or, with `url`, on another. Each entry's `field` is one document
    of the format.
    """

    name: str
    field: str = "body"
    url: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kafka:
    """A topic of Kafka. `servers` are some of its brokers, as `host:port`; of a secret, with commas between them. How
    far was read is kept as the offsets of the consumer group `group`. With `tls`, the brokers' certificates are
    checked, by the file `authority` if it is given; `certificate` and `key` are the files of our own. With `sasl`, we
    log in as `user`.
    """

    topic: str
    servers: tuple[str, ...] | Secret
    group: str = ""
    tls: bool = False
    authority: str | None = None
    certificate: str | None = None
    key: Text | None = None
    key_password: Secret | None = None
    sasl: Literal["plain", "scram-sha-256", "scram-sha-512"] | None = None
    user: Text | None = None
    password: Secret | None = None


Source: TypeAlias = Folder | Sftp | HttpCall | Push | Stream | Kafka
