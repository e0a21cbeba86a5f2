"""Which servers are new enough."""

from collections.abc import Mapping
from typing import Any

from engine.errors import StoreUnavailable

_OLDEST_REDIS = (7, 0)


def check_version(info: Mapping[str, Any]) -> None:
    """Raise StoreUnavailable unless INFO is that of Redis 7.0 or newer, or of Valkey (which says Redis 7.2 as well)."""
    if "valkey_version" in info:
        return
    version = str(info.get("redis_version", "of an unknown version"))
    if tuple(int(part) for part in version.split(".")[:2] if part.isdecimal()) < _OLDEST_REDIS:
        raise StoreUnavailable(
            f"the server is Redis {version}; Redis 7.0 or newer, or Valkey, is needed:"
            " name such a one in POINTSMAN_REDIS_URL, or unset it to use the embedded server"
        )
