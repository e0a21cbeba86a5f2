"""What a browser sends of a form in a page, without its buttons."""

from html.parser import HTMLParser

OF_SESSION = ("csrf", "key", "shown_network")
"""Fields of each form of the console, which whoever sends one fills in anew."""


def form_fields(page: str, form: str) -> dict[str, list[str]]:
    """The values of each field of the form with this id, by its name."""
    reader = _Reader(form)
    reader.feed(page)
    return {name: values for name, values in reader.fields.items() if name not in OF_SESSION}


class _Reader(HTMLParser):
    def __init__(self, form: str) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self._form = form
        self._within = False
        self._select: list[tuple[str | None, bool]] | None = None
        self._name = ""
        self._text: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        its = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._within = its.get("id") == self._form
        if not self._within:
            return
        if tag == "input" and "name" in its and (its.get("type") not in ("checkbox", "radio") or "checked" in its):
            self._add(its["name"], its.get("value", "on" if its.get("type") == "checkbox" else ""))
        if tag == "select":
            self._name, self._select = its.get("name", ""), []
        if tag == "option" and self._select is not None:
            self._select.append((its.get("value"), "selected" in its))
            self._text = [] if "value" not in its else None
        if tag == "textarea":
            self._name, self._text = its.get("name", ""), []

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._within = False
        if tag == "option" and self._select and self._text is not None:
            self._select[-1] = ("".join(self._text), self._select[-1][1])
            self._text = None
        if tag == "select" and self._select is not None:
            chosen = [value for value, selected in self._select if selected] or [value for value, _ in self._select]
            if self._name and chosen:
                self._add(self._name, chosen[0] or "")
            self._select = None
        if tag == "textarea" and self._text is not None:
            self._add(self._name, "".join(self._text).removeprefix("\n"))
            self._text = None

    def _add(self, name: str, value: str) -> None:
        self.fields.setdefault(name, []).append(value)
