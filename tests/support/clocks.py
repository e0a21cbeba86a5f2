"""Instants and timetables as people write them, and routes of nodes and services that keep to such timetables."""

import datetime
import zoneinfo

from engine.model.timetable import WHOLE_DAY, Timetable
from tests.reference.routes import Exits, routes
from tests.support.facts import LYON, PARIS, network, node, order, service

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def at(text, zone="Europe/Paris", fold=0):
    """UTC seconds of a local time such as `2026-03-28 23:30`. If the clock of `zone` shows it twice, `fold` 1 is the
    second.
    """
    local = datetime.datetime.fromisoformat(text).replace(tzinfo=zoneinfo.ZoneInfo(zone), fold=fold)
    return int(local.timestamp())


def shown(instant, zone="Europe/Paris"):
    """The local time with its offset to UTC, such as `Sun 2026-03-29 03:00 +02`."""
    return datetime.datetime.fromtimestamp(instant, tz=zoneinfo.ZoneInfo(zone)).strftime("%a %Y-%m-%d %H:%M %z")[:-2]


def date(text):
    return datetime.date.fromisoformat(text).toordinal()


def minutes(text):
    """`09:00-12:30` as a span of minutes of the day."""
    return tuple(int(part[:2]) * 60 + int(part[3:]) for part in text.split("-"))


def hours(*spans, closed=(), **days):
    """A timetable with the same spans every day, except on the days named in `days` (such as `sunday=[]`)."""
    usual = [minutes(span) for span in spans] or WHOLE_DAY
    exceptions = {day: tuple(minutes(span) for span in texts) for day, texts in days.items()}
    week = tuple(tuple(exceptions.get(day, usual)) for day in WEEKDAYS)
    return Timetable(week=week, closed=frozenset(date(day) for day in closed))


def running(*weekdays, closed=()):
    week = tuple(WHOLE_DAY if day in weekdays else () for day in WEEKDAYS)
    return Timetable(week=week, closed=frozenset(date(day) for day in closed))


def sent(now, *, way=None, to_ship=None, **leaving):
    """The one route from Lyon to Paris of an order that is decided `now`, or None. `leaving` are fields of the node in
    Lyon.
    """
    way = way or service(transit=((2_000_000, 0),))
    home = node("lyon", LYON, **{"services": (way.id,), **leaving})
    options = list(routes(to_ship or order(place=PARIS, placed_at=now), Exits(network([home], [way])), ["lyon"], now))
    return options[0] if options else None
