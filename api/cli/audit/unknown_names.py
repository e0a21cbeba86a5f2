"""Warns of names in a search that nothing has now: of a rule or a node, with the one that was probably meant."""

import difflib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from api.language.current import say, text
from engine.errors import NotFound, NotReady
from engine.service import Pointsman

_NO_RULE = text("no rule of the active policies is called '{name}'")
_NO_NODE = text("no node of the network is called '{name}'")


def unknown_names(service: Pointsman, filters: Mapping[str, Any]) -> Iterator[str]:
    """A line for each. What it was called then may be another name than today's, so this is no error."""
    rules = [name for name in (filters["fired"], filters["decisive"]) if name]
    if rules:
        known = _active_rules(service)
        yield from (_line(_NO_RULE, name, known) for name in dict.fromkeys(rules) if name not in known)
    if node := filters["node"]:
        nodes = _nodes(service)
        if node not in nodes:
            yield _line(_NO_NODE, node, nodes)


def _line(message: str, name: str, names: Collection[str]) -> str:
    line = say(message, name=name)
    close = difflib.get_close_matches(name, names, n=1)
    return line + say(" (did you mean '{meant}'?)", meant=close[0]) if close else line


def _active_rules(service: Pointsman) -> Collection[str]:
    active = service.versions.active_at(service.now)
    try:
        return service.versions.read(active).rules.keys() if active else ()
    except (NotFound, NotReady):
        return ()


def _nodes(service: Pointsman) -> Collection[str]:
    try:
        return service.network().nodes.keys()
    except NotReady:
        return ()
