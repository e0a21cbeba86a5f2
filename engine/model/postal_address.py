"""Where a parcel goes to or comes from, as it stands on a label. Unlike the address that an order is decided by, it
names a person; it is personal, and never in a decision, the log or an event.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PostalAddress:
    """At least one of `name` and `company`, and at least one of `lines`. Texts are as they were sent, without blanks at
    their ends. `country` is an ISO 3166 code of two letters.
    """

    name: str = ""
    company: str = ""
    lines: tuple[str, ...]
    """Street and number, building, floor, care of: what stands between the name and the town, from top to bottom."""
    postcode: str = ""
    town: str
    region: str = ""
    """State, province or county, for countries whose addresses have one."""
    country: str
    phone: str = ""
    email: str = ""
