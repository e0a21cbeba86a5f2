"""Instants as the command line shows them."""

import datetime
import zoneinfo


def in_paris(instant: str) -> str:
    """RFC 3339 on the clock of the small network: Fri 27 Nov 2026 09:12 +01:00."""
    moment = datetime.datetime.fromisoformat(instant).astimezone(zoneinfo.ZoneInfo("Europe/Paris"))
    return f"{moment:%a %d %b %Y %H:%M} {moment.isoformat()[-6:]}"
