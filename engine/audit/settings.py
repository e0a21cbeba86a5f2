"""The settings of the sealed log, read from environment variables."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self, cast

from engine.errors import BadSetting

Seals = Literal["auto", "manual"]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}", re.ASCII)
KEY_FILE = "audit-key.pem"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSettings:
    """How the log is sealed, and where its checkpoints go.

    `seal` says who seals: `pointsman serve`, or only `pointsman audit seal`. `audit_key` is the file with the private
    keys; without it, one is made in the data directory of the embedded server, and with another server nothing is
    sealed. `audit_name` begins the name of each network's log. Checkpoints are appended to `checkpoint_file`.
    """

    seal: Seals = "auto"
    audit_key: Path | None = None
    audit_name: str = "pointsman"
    checkpoint_file: Path | None = None

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> Self:
        """Of the variables that are set and not empty; raises BadSetting."""
        return cls(
            seal=_seals(variables.get("POINTSMAN_SEAL", "auto")),
            audit_key=_path(variables, "POINTSMAN_AUDIT_KEY"),
            audit_name=_name(variables.get("POINTSMAN_AUDIT_NAME", "pointsman")),
            checkpoint_file=_path(variables, "POINTSMAN_CHECKPOINT_FILE"),
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
