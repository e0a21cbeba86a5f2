"""Looks at pages in the Chromium that is installed: what it complains of, what it asks for, what sticks out, and what
keeps people from reading them (axe-core).
"""

import contextlib
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
AXE = Path(sys.prefix) / "npm" / "node_modules" / "axe-core" / "axe.min.js"
MILLISECONDS = 120_000
"""To wait at most for something to be there, on a machine that is slow and busy."""
_STICKING_OUT = """() => {
  const width = document.documentElement.clientWidth;
  const scrolls = element => element.closest('.wide') && !element.matches('.wide');
  const drawn = element => element.closest('svg') && element.tagName !== 'svg';
  return [...document.querySelectorAll('body *')].filter(element => {
    const box = element.getBoundingClientRect();
    return !scrolls(element) && !drawn(element) && (box.right > width + 1 || box.left < -1);
  }).map(element => element.outerHTML.slice(0, 120));
}"""


@dataclass(kw_only=True)
class Look:
    """What was seen of a page. `requests` are those beside its own."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @property
    def sticking_out(self) -> list[str]:
        wider = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return [*self.page.evaluate(_STICKING_OUT), *([f"{wider} px wider than the window"] if wider > 0 else [])]

    @property
    def barriers(self) -> list[Any]:
        """What axe-core finds wrong: the rule, and where."""
        self.page.evaluate(AXE.read_text("utf-8"))
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [(item["id"], [node["html"] for node in item["nodes"][:3]]) for item in found["violations"]]


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # as root, Chromium has no sandbox
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], timeout=MILLISECONDS)
        expect.set_options(timeout=MILLISECONDS)
        yield opened
        opened.close()


@contextlib.contextmanager
def looked_at(opened: Browser, address: str, *, width: int, scheme: str, cookies: Sequence[Any] = ()) -> Iterator[Look]:
    context = opened.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    context.set_default_timeout(MILLISECONDS)  # of navigations, too
    context.add_cookies([*cookies])
    page = context.new_page()
    look = Look(page=page)
    page.on("console", lambda message: look.complaints.append(message.text))
    page.on("pageerror", lambda error: look.complaints.append(str(error)))
    page.on("request", lambda request: look.requests.append(request.url))
    page.goto(address)
    look.requests.remove(address)
    yield look
    context.close()
