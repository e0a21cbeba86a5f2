"""When the retailer works: public holidays, and opening hours and cut-offs, which are invented."""

import datetime

YEARS = (2026, 2027)
# By day of the year, or by days after Easter Sunday.
LEGAL = (
    ("01-01", "Jour de l'An"), (1, "lundi de Pâques"), ("05-01", "1er mai"), ("05-08", "8 mai"), (39, "Ascension"),
    (50, "lundi de Pentecôte"), ("07-14", "14 juillet"), ("08-15", "Assomption"), ("11-01", "Toussaint"),
    ("11-11", "11 novembre"), ("12-25", "Noël"),
)  # fmt: skip
LOCAL = ((-2, "Vendredi saint"), ("12-26", "lendemain de Noël"))
EASTERN = frozenset(
    {"Strasbourg", "Colmar", "Mulhouse", "Metz"}
)  # in Alsace and Moselle, each with a Protestant church, as the law asks

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
HOURS = {
    "warehouse": {**dict.fromkeys(DAYS[:5], ("05:00-22:00",)), "saturday": ("06:00-14:00",)},
    "office_hours": dict.fromkeys(DAYS[:5], ("08:00-17:00",)),
    "city_centre": dict.fromkeys(DAYS, ("10:00-19:30",)),
    "retail_park": dict.fromkeys(DAYS, ("09:30-20:00",)),
    "small_shop": {"monday": ("14:00-19:00",), **dict.fromkeys(DAYS[1:], ("10:00-12:30", "14:00-19:00"))},
}
# An order must come in before this time to leave the same day.
CUT_OFFS = {
    "warehouse": {"parcel": "18:00", "economy": "15:00", "express": "19:00", "express_air": "16:00", "bulky": "12:00"},
    "store": {"parcel": "15:00", "express": "16:00", "bike": "17:00", "local_van": "12:00"},
    "supplier": {"parcel": "11:00", "bulky": "11:00"},
    "distributor": {"parcel": "14:00", "express": "14:00"},
}
SATURDAY_CUT_OFFS = {"store": {"parcel": "12:00"}}
"""Where they are earlier on a Saturday."""

TEXT = """\
# Days off, by name; nodes and services say which lists are theirs. Dates alone may stand there too.
holidays:
  france:
    source: "Code du travail, article L3133-1. Movable feasts: Easter by the Gregorian rule."
    dates:
{france}
  alsace_moselle: # besides those of all France
    source: "Code du travail, article L3134-13; Good Friday in communes with a Protestant temple or a mixed church."
    dates:
{alsace_moselle}

# Opening hours, by name. A day that isn't written is closed; times are those of the node's time zone. Invented.
opening_hours:
{hours}
"""


def text() -> str:
    """The holidays and opening hours of network.yaml."""
    hours = "\n".join(_hours(name, days) for name, days in HOURS.items())
    return TEXT.format(france=_dates(LEGAL), alsace_moselle=_dates(LOCAL), hours=hours)


def holidays(rules: tuple[tuple[str | int, str], ...]) -> list[tuple[datetime.date, str]]:
    """Dates with their names, in order."""
    return sorted((_date(year, when), name) for year in YEARS for when, name in rules)


def _date(year: int, when: str | int) -> datetime.date:
    if isinstance(when, int):
        return easter(year) + datetime.timedelta(days=when)
    return datetime.date.fromisoformat(f"{year}-{when}")


def easter(year: int) -> datetime.date:
    """Easter Sunday, by the rule of an anonymous correspondent of Nature (20 April 1876) for the Gregorian calendar."""
    golden, (century, rest) = year % 19, divmod(year, 100)
    leaps, kept = divmod(century, 4)
    moon = (19 * golden + century - leaps - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * kept + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * late + 114, 31)
    return datetime.date(year, month, day + 1)


def _dates(rules: tuple[tuple[str | int, str], ...]) -> str:
    return "\n".join(f"      - {date.isoformat()} # {name}" for date, name in holidays(rules))


def _hours(name: str, days: dict[str, tuple[str, ...]]) -> str:
    lines = []
    for day, spans in days.items():
        quoted = ", ".join('"' + span + '"' for span in spans)
        lines.append(f"    {day}: [{quoted}]")
    return "\n".join([f"  {name}:", *lines])
