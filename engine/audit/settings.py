"""The settings of the sealed log, read from environment variables."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self, cast
from urllib.parse import urlsplit

from engine.audit.sealing.signed_note import COSIGNATURE, NoteInvalid, VerifierKey
from engine.errors import BadSetting

Seals = Literal["auto", "manual"]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}", re.ASCII)
_ADDRESS = re.compile(r"[^\s@,<>]+@[^\s@,<>]+")
KEY_FILE = "audit-key.pem"


@dataclass(frozen=True, slots=True)
class Witness:
    """Who cosigns checkpoints: its key, and where it takes them."""

    key: VerifierKey
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mails are handed in. With `tls`, the connection is encrypted from the beginning."""

    host: str
    port: int
    tls: bool
    user: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSettings:
    """How the log is sealed, and where its checkpoints go.

    `seal` says who seals: `pointsman serve`, or only `pointsman audit seal`. `audit_key` is the file with the private
    keys; without it, one is made in the data directory of the embedded server, and with another server nothing is
    sealed. `audit_name` begins the name of each network's log. Checkpoints are appended to `checkpoint_file`, mailed
    once a day to `checkpoint_mail` by way of `smtp_url`, and sent to `witnesses` to be cosigned.
    """

    seal: Seals = "auto"
    audit_key: Path | None = None
    audit_name: str = "pointsman"
    checkpoint_file: Path | None = None
    checkpoint_mail: tuple[str, ...] = ()
    smtp_url: MailServer | None = None
    witnesses: tuple[Witness, ...] = ()

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> Self:
        """Of the variables that are set and not empty; raises BadSetting."""
        mail = _addresses(variables.get("POINTSMAN_CHECKPOINT_MAIL", ""))
        server = _mail_server(variables.get("POINTSMAN_SMTP_URL"))
        if mail and server is None:
            allowed = "left out, unless POINTSMAN_SMTP_URL says by way of which server"
            raise BadSetting(name="POINTSMAN_CHECKPOINT_MAIL", value=", ".join(mail), allowed=allowed)
        return cls(
            seal=_seals(variables.get("POINTSMAN_SEAL", "auto")),
            audit_key=_path(variables, "POINTSMAN_AUDIT_KEY"),
            audit_name=_name(variables.get("POINTSMAN_AUDIT_NAME", "pointsman")),
            checkpoint_file=_path(variables, "POINTSMAN_CHECKPOINT_FILE"),
            checkpoint_mail=mail,
            smtp_url=server,
            witnesses=_witnesses(variables.get("POINTSMAN_WITNESSES", "")),
        )


EVERYDAY_AUDIT = AuditSettings()


def _path(variables: Mapping[str, str], name: str) -> Path | None:
    return Path(variables[name]) if name in variables else None


def _seals(value: str) -> Seals:
    if value not in ("auto", "manual"):
        raise BadSetting(name="POINTSMAN_SEAL", value=value, allowed="auto or manual")
    return cast("Seals", value)


def _name(value: str) -> str:
    if not _NAME.fullmatch(value) or value.endswith("/"):
        allowed = "a name such as shop.example/pointsman: letters, digits, full stops, hyphens, underscores, slashes"
        raise BadSetting(name="POINTSMAN_AUDIT_NAME", value=value, allowed=allowed)
    return value


def _addresses(value: str) -> tuple[str, ...]:
    addresses = tuple(address.strip() for address in value.split(",") if address.strip())
    if not all(map(_ADDRESS.fullmatch, addresses)):
        allowed = "mail addresses with commas between, such as auditor@shop.example"
        raise BadSetting(name="POINTSMAN_CHECKPOINT_MAIL", value=value, allowed=allowed)
    return addresses


def _mail_server(value: str | None) -> MailServer | None:
    if value is None:
        return None
    parts = urlsplit(value)
    tls = parts.scheme == "smtps"
    try:
        port = parts.port or (465 if tls else 25)
    except ValueError:
        port = 0
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or not port or parts.path.strip("/"):
        # the value may have a password in it
        allowed = "a URL such as smtp://host:25 or smtps://user:password@host:465"
        raise BadSetting(name="POINTSMAN_SMTP_URL", value=f"{parts.scheme}:...", allowed=allowed)
    user, password = parts.username or "", parts.password or ""
    return MailServer(host=parts.hostname, port=port, tls=tls, user=user, password=password)


def _witnesses(value: str) -> tuple[Witness, ...]:
    return tuple(_witness(text.strip()) for text in value.split(",") if text.strip())


def _witness(text: str) -> Witness:
    key, _, url = text.partition(" ")
    try:
        verifier = VerifierKey.parse(key)
    except NoteInvalid as error:
        raise _bad_witness(text, str(error)) from None
    if verifier.kind != COSIGNATURE:
        raise _bad_witness(text, f"the key of {verifier.name} is not one for cosignatures")
    if urlsplit(url.strip()).scheme not in ("http", "https") or not urlsplit(url.strip()).hostname:
        raise _bad_witness(text, f"there is no URL behind the key of {verifier.name}")
    return Witness(verifier, url.strip().rstrip("/"))


def _bad_witness(text: str, why: str) -> BadSetting:
    allowed = f"keys and URLs of witnesses with commas between, KEY https://witness.example; {why}"
    return BadSetting(name="POINTSMAN_WITNESSES", value=text, allowed=allowed)
