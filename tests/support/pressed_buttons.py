"""Somebody who goes through the console and presses its buttons, one after the other, in a browser."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page

from tests.support.console import ConsoleSite, console_rules

Press = tuple[str, str]
"""The address of an action, as the console has it, and the action if the address leaves open which."""
ACTION = "<action>"
NO_FIELDS: Mapping[str, str] = MappingProxyType({})


@dataclass(kw_only=True)
class Presser:
    """`pressed` are the buttons that were; `refused` those that nothing came of, with what the page said."""

    page: Page
    site: ConsoleSite
    pressed: set[Press] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)

    def open(self, path: str) -> None:
        self.page.goto(f"{self.site.address}/console{path}")

    def press(
        self, action: str, fields: Mapping[str, str] = NO_FIELDS, *, button: str = "button", form: str = ""
    ) -> None:
        """The last button of the form, on this page, whose address ends so; `fields` are filled in before. `button` and
        `form` are selectors where there are several, or the form is sent to the page itself.
        """
        found = self.page.locator(form or f'form[method=post][action$="{action}"]').first
        self._unfold(found)
        for name, value in fields.items():
            self._fill(found.locator(f'[name="{name}"]').first, value)
        pressed = found.locator(button).last
        with self.page.expect_request(lambda request: request.method == "POST") as sent, self.page.expect_navigation():
            pressed.click()
        path = urlsplit(sent.value.url).path.removeprefix("/console")
        self.pressed.add(_press_of(self.site, path))
        bad = self.page.locator(".message.bad, .field > .wrong")
        if bad.count():
            self.refused[path] = bad.first.inner_text()

    @staticmethod
    def _unfold(form: Locator) -> None:
        """What stands around it and is folded, the outermost first."""
        for details in form.locator("xpath=ancestor::details").all():
            if details.get_attribute("open") is None:
                details.locator("> summary").click()

    @staticmethod
    def _fill(found: Locator, value: str) -> None:
        kind = found.evaluate("field => field.type")
        if kind.startswith("select"):
            found.select_option(value)
        elif kind == "checkbox":
            found.check()
        else:
            found.fill(value)


def every_press(site: ConsoleSite, actions: Mapping[str, Iterable[str]]) -> set[Press]:
    """All that there are; `actions` are the words for an address that leaves open what is done."""
    rules = [rule.rule for rule in console_rules(site) if "POST" in rule.methods]
    return {(rule, word) for rule in rules for word in (actions[rule] if ACTION in rule else ("",))}


def _press_of(site: ConsoleSite, path: str) -> Press:
    adapter = site.app.wsgi_app._console.url_map.bind("console")
    rule, values = adapter.match(path.replace("%2F", "\x1f"), method="POST", return_rule=True)
    return rule.rule, values.get("action", "")
