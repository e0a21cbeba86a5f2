"""Paths to values in rows, one language a format: a column's name, JMESPath for JSON, element paths for XML, qualifier
paths for EDI. A path that begins with / is about what is around the row, the nearest first: the row of which it is a
part, the document without its rows, the groups and envelopes of EDI.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions

from api.connectors.fields.edi_path import edi_path
from api.connectors.fields.found import BadField, BadPath
from api.connectors.formats.edi.groups import EdiGroup, begins
from api.connectors.formats.format import FormatOptions, Row

Scopes: TypeAlias = Sequence[Any]
"""The values of a row, and of what is around it, the nearest first."""
AROUND = "/"
_STEP = re.compile(r"(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*|\*)((?:\[[^\]]*\])*)")
_PREDICATE = re.compile(r"\[(?:[0-9]{1,5}|@[\w.-]+(?:='[^']*'|=\"[^\"]*\")?)\]")


class _DecimalFunctions(Functions):  # type: ignore[misc]  # jmespath ships no types
    """JMESPath's functions, for which a Decimal is a number."""

    def _get_allowed_pytypes(self, types: Sequence[str]) -> tuple[list[str], list[tuple[str, ...]]]:
        allowed, below = super()._get_allowed_pytypes(types)
        more = ["Decimal"] if "float" in allowed else []
        return [*allowed, *more], [(*names, "Decimal") if "float" in names else names for names in below]


_OPTIONS = jmespath.Options(custom_functions=_DecimalFunctions())


class Path:
    """A path that is compiled once."""

    def __init__(self, text: str, options: FormatOptions) -> None:
        """Raises BadPath."""
        self.text = text
        self._around = text.startswith(AROUND)
        self._find = _finder(text.removeprefix(AROUND), options)

    def find(self, scopes: Scopes) -> Any:
        """The value there, or None if there is none. Raises BadField if it can't be looked for."""
        try:
            if not self._around:
                return self._find(scopes[0])
            return next((value for scope in scopes[1:] if (value := self._find(scope)) is not None), None)
        except JMESPathError as error:
            raise BadField(self.text, f"this can't be worked out here: {error}") from None


class ListPath:
    """A path to a list, of which each element is a row."""

    def __init__(self, text: str, options: FormatOptions) -> None:
        """Raises BadPath."""
        self.text = text
        self._find = _list_finder(text, options)

    def find(self, scopes: Scopes) -> list[Any] | None:
        """None if there is no such list. Raises BadField if something else is there."""
        try:
            found = self._find(scopes[0])
        except JMESPathError as error:
            raise BadField(self.text, f"this can't be worked out here: {error}") from None
        if found is not None and not isinstance(found, list):
            raise BadField(self.text, "a list is expected here")
        return found


def path_mistake(text: str, options: FormatOptions, *, of_list: bool = False) -> str:
    """What is wrong with how a path is written; empty if nothing is."""
    try:
        (ListPath if of_list else Path)(text, options)
    except BadPath as error:
        return str(error)
    return ""


def scopes_of(row: Row) -> Scopes:
    if isinstance(row.values, EdiGroup):
        return [*_with_parents(row.values)]
    return [row.values] if row.around is None else [row.values, row.around]


def inner_scopes(value: Any, scopes: Scopes) -> Scopes:
    """Those of an element of a list in a row."""
    return [*_with_parents(value)] if isinstance(value, EdiGroup) else [value, *scopes]


def _with_parents(group: EdiGroup) -> Iterator[EdiGroup]:
    around: EdiGroup | None = group
    while around is not None:
        yield around
        around = around.parent


def _finder(path: str, options: FormatOptions) -> Callable[[Any], Any]:
    match options.format:
        case "json" | "ndjson":
            return _json_finder(path)
        case "xml":
            return _xml_finder(path, options.namespaces)
        case "edifact" | "x12":
            return edi_path(path)
    if not path:
        raise BadPath("write the name of a column")
    return partial(_cell, path)


def _list_finder(path: str, options: FormatOptions) -> Callable[[Any], Any]:
    match options.format:
        case "json" | "ndjson":
            return _json_finder(path)
        case "xml":
            elements, attribute = _xml_steps(path, options.namespaces)
            if attribute:
                raise BadPath(f"'{path}' is an attribute; a list is one of elements")
            return lambda element: element.findall(elements, options.namespaces) or None
        case "edifact" | "x12":
            return lambda group: [inner for inner in group.below() if begins(path, inner.begin)] or None
    raise BadPath(f"a row of {options.format} has no list in it; join rows by 'group', and write each: $rows")


def _cell(column: str, values: Mapping[str, Any]) -> Any:
    """Without the blanks around it; None if it is empty or there is no such column."""
    value = values.get(column)
    return (value.strip() or None) if isinstance(value, str) else value


def _json_finder(path: str) -> Callable[[Any], Any]:
    try:
        expression = jmespath.compile(path)
    except JMESPathError as error:
        reason = str(error).splitlines()[0]
        raise BadPath(f"'{path}' is no JMESPath: {reason}") from None
    return lambda value: expression.search(value, _OPTIONS)


def _xml_finder(path: str, namespaces: Mapping[str, str]) -> Callable[[Any], Any]:
    elements, attribute = _xml_steps(path, namespaces)

    def find(element: Any) -> Any:
        found = [element] if elements == "." else element.findall(elements, namespaces)
        texts = [item.get(attribute) if attribute else "".join(item.itertext()) for item in found]
        values = [text.strip() for text in texts if text is not None and text.strip()]
        return values if len(values) > 1 else next(iter(values), None)

    return find


def _xml_steps(path: str, namespaces: Mapping[str, str]) -> tuple[str, str]:
    """A path as ElementTree writes it, and the attribute at its end, in the form that ElementTree gives it."""
    steps = path.split("/")
    attribute = steps.pop()[1:] if steps[-1].startswith("@") else ""
    if attribute and not re.fullmatch(r"(?:[\w.-]+:)?[\w.-]+", attribute):
        raise BadPath(f"'{path}' has no attribute that could be: write a/b/@name")
    prefix, colon, name = attribute.rpartition(":")
    if colon:
        attribute = f"{{{_namespace(prefix, path, namespaces)}}}{name}"
    written = [step if step == "." else _xml_step(step, path, namespaces) for step in steps]
    return "/".join(written) or ".", attribute


def _xml_step(step: str, path: str, namespaces: Mapping[str, str]) -> str:
    match = _STEP.fullmatch(step)
    if match is None or _PREDICATE.sub("", match[3]):
        message = (
            f"'{path}' is no path of elements; write names with / between: price, lines/line[1], price[@type='net']"
        )
        raise BadPath(message)
    prefix, name, predicates = match.groups()
    return (f"{{{_namespace(prefix, path, namespaces)}}}" if prefix else "{*}") + name + predicates


def _namespace(prefix: str, path: str, namespaces: Mapping[str, str]) -> str:
    if prefix not in namespaces:
        raise BadPath(f"'{path}': `namespaces` does not say which one '{prefix}' is")
    return namespaces[prefix]
