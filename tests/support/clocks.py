"""Instants and timetables as people write them, and shops, carriers and the ways between them that keep them."""

import datetime
import zoneinfo

from engine.decide.shipping.options import routes
from engine.model.timetable import WHOLE_DAY, Timetable
from tests.support.facts import LYON, PARIS, network, node, order, service

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def at(text, zone="Europe/Paris", fold=0):
    """UTC seconds of `2026-03-28 23:30` on the wall clock of `zone`; `fold` 1 for the second of two that show it."""
    moment = datetime.datetime.fromisoformat(text).replace(tzinfo=zoneinfo.ZoneInfo(zone), fold=fold)
    return int(moment.timestamp())


def shown(instant, zone="Europe/Paris"):
    """The wall clock, with its offset to UTC: `Sun 2026-03-29 03:00 +02`."""
    return datetime.datetime.fromtimestamp(instant, tz=zoneinfo.ZoneInfo(zone)).strftime("%a %Y-%m-%d %H:%M %z")[:-2]


def date(text):
    return datetime.date.fromisoformat(text).toordinal()


def minutes(text):
    """`09:00-12:30` as a span."""
    return tuple(int(part[:2]) * 60 + int(part[3:]) for part in text.split("-"))


def hours(*spans, closed=(), **days):
    """The same spans every day, but those of `days` (`sunday=[]`)."""
    usual = [minutes(span) for span in spans] or WHOLE_DAY
    named = {day: tuple(minutes(span) for span in texts) for day, texts in days.items()}
    week = tuple(tuple(named.get(day, usual)) for day in WEEKDAYS)
    return Timetable(week=week, closed=frozenset(date(day) for day in closed))


def running(*weekdays, closed=()):
    week = tuple(WHOLE_DAY if day in weekdays else () for day in WEEKDAYS)
    return Timetable(week=week, closed=frozenset(date(day) for day in closed))


def sent(now, *, way=None, wanted=None, **leaving):
    """The one route from Lyon to Paris of what is decided `now`, None if there is none. `leaving` is of the node."""
    way = way or service(transit=((2_000_000, 0),))
    home = node("lyon", LYON, **{"services": (way.id,), **leaving})
    found = list(routes(wanted or order(place=PARIS), network([home], [way]), ["lyon"], now))
    return found[0] if found else None
