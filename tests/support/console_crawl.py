"""Follows every link of the console, as somebody does who looks at everything, without a browser."""

import re
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

from engine.model.scopes import Role
from tests.support.console import ConsoleSite, rule_of

_TAGS = """
html head meta title link script body a header nav main ul ol li span div section h1 h2 h3 p strong b br small code pre
table caption thead tbody tr th td form label input select option optgroup textarea datalist button details summary dl
dt dd time ins del progress noscript iframe fieldset legend svg g path circle line rect text polygon polyline
"""
"""That the console's own templates have: any other came with a name."""
Fields = list[tuple[str, str]]


@dataclass
class Form:
    """`method` is small."""

    action: str
    method: str
    fields: Fields = field(default_factory=list)


class PageParts(HTMLParser):
    """What a page is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.foreign: list[str] = []
        """Tags and attributes that no template has, and addresses that are scripts or of other sites."""
        self.text: list[str] = []
        self.helpless: list[str] = []
        """Fields without a sentence of help."""
        self._ids: Counter[str] = Counter()
        self.feed(page)
        self.close()
        self.foreign += [f"two of id {name}" for name, times in self._ids.items() if times > 1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag not in _TAGS.split() or (tag == "script" and not values.get("src", "").startswith("/")):
            self.foreign.append(f"<{tag}>")
        self.foreign += [name for name in values if name == "style" or name.startswith("on")]
        for name in ("href", "src", "action", "formaction"):
            address = values.get(name, "")
            if not address.startswith(("/", "#", "data:image/svg+xml,")) and address:
                self.foreign.append(f"{name}={address}")
        if "id" in values:
            self._ids[values["id"]] += 1
        if tag == "a":
            self.links.append(values.get("href", ""))
        elif tag == "form":
            self.forms.append(Form(action=values.get("action", ""), method=values.get("method", "get")))
        elif tag in ("input", "select", "textarea"):
            self._field(tag, values)
        self.text += [values[name] for name in ("value", "title", "aria-label") if name in values]

    def _field(self, tag: str, values: Mapping[str, str]) -> None:
        if self.forms and "name" in values:
            self.forms[-1].fields.append((values["name"], values.get("value", "")))
        unseen = "hidden" in values or values.get("type") in ("hidden", "checkbox") or values.get("name") == "cell"
        if not unseen and not {"aria-describedby", "title"} & values.keys():
            self.helpless.append(f"<{tag} name={values.get('name')}>")

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def handle_comment(self, data: str) -> None:
        self.foreign.append(f"<!--{data}-->")


@dataclass(frozen=True, kw_only=True)
class Visited:
    """`path` is that below /console; `rule` that of the page."""

    path: str
    rule: str
    status: int
    parts: PageParts
    body: str


def crawl(site: ConsoleSite, role: Role, *, language: str = "en", most: int = 2) -> Iterator[Visited]:
    """Each page that links lead to from the first, at most so many of the same kind. Files are left out."""
    client = site.client(role)
    waiting = deque(["/"])
    seen: set[str] = set()
    kinds: Counter[tuple[str, tuple[str, ...]]] = Counter()
    while waiting:
        path = waiting.popleft()
        rule = rule_of(site, path)
        kind = (rule, tuple(sorted(parse_qs(urlsplit(path).query))))
        if path in seen or kinds[kind] >= most:
            continue
        seen.add(path)
        kinds[kind] += 1
        answer = client.get(f"/console{path}", headers={"Accept-Language": language})
        if answer.status_code == 303:
            waiting.append(answer.headers["Location"].removeprefix("/console"))
        elif answer.mimetype == "text/html":
            parts = PageParts(answer.text)
            yield Visited(path=path, rule=rule, status=answer.status_code, parts=parts, body=answer.text)
            waiting += [
                re.sub("#.*", "", link).removeprefix("/console")
                for link in parts.links
                if link.startswith("/console/") and "/assets/" not in link
            ]
