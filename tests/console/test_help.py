"""Each field of the console says in a sentence what to write there; a list that is empty says what to do first."""

import re
from pathlib import Path

from jinja2 import Environment, nodes

TEMPLATES = Path("api/console/templates").resolve()
PAGES = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))
_FIELD = re.compile(r"<(?:input|select|textarea)\b[^>]*>", re.DOTALL)
_NEEDS_NONE = re.compile(r'type="(?:hidden|checkbox)"|<input hidden|name="cell"')
"""What nobody sees; a box to tick, whose label is the sentence; a cell, of whose table the page's lead speaks."""


def calls(page, name):
    """Those of a macro of this name, with what they are given by name."""
    tree = Environment(autoescape=True).parse((TEMPLATES / page).read_text("utf-8"))
    return [
        (call.lineno, call, {given.key: given.value for given in call.kwargs})
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Getattr) and call.node.attr == name
    ]


def words(given):
    """How many there are in `say("...")`; many in what is worked out, none in what is no sentence."""
    if isinstance(given, nodes.Call) and isinstance(given.node, nodes.Name) and given.node.name == "say":
        return len(given.args[0].value.split())
    if isinstance(given, nodes.CondExpr):
        return min(words(given.expr1), words(given.expr2))
    return 0 if given is None or isinstance(given, nodes.Const) else 99


def test_every_field_has_a_sentence_of_help():
    lacking = [
        f"{page}:{line}" for page in PAGES for line, _, given in calls(page, "field") if words(given.get("help")) < 3
    ]
    for page in PAGES:
        source = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "…", (TEMPLATES / page).read_text("utf-8"), flags=re.DOTALL)
        lacking += [
            f"{page}: {tag}"
            for tag in _FIELD.findall(source)
            if page != "macros.html" and not (re.search("aria-describedby=|title=", tag) or _NEEDS_NONE.search(tag))
        ]
    assert lacking == [], "write help=say(...), and its French"


def test_what_is_empty_says_what_to_do_first():
    lacking = [
        f"{page}:{line}"
        for page in PAGES
        for line, call, _ in calls(page, "empty")
        if len(call.args) < 2 or words(call.args[1]) < 3
    ]
    assert lacking == [], "give ui.empty(...) a second sentence, and its French"
