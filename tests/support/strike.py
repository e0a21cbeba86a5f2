"""Policy files of an emergency: a rule that ends within days makes the test of another policy fail."""

from datetime import date, timedelta

_HEAD = """\
now: 2026-06-02 10:00
products: {SHIRT: {}}
nodes: {lyon: {type: store, away: 1 km}}
stock: {usual: {SHIRT: {lyon: 5}}}
tests:
"""


def strike_files(usual: str, *, today: date) -> dict[str, str]:
    """Texts by name: `usual` stands in usual.yaml, and its test fails because of strike.yaml, whose own test passes."""
    until = today + timedelta(days=3)
    rule = f"{{id: lyon, because: They strike., until: {until}, when: {{node.id: lyon}}, then: {{exclude: true}}}}"
    return {
        "usual.yaml": usual,
        "usual_test.yaml": _HEAD + _test("filled"),
        "strike.yaml": f"policy: strike\nrules:\n  - {rule}\n",
        "strike_test.yaml": _HEAD + _test("unfilled"),
    }


def _test(status: str) -> str:
    return f"- {{test: Of a shirt, order: {{lines: {{SHIRT: 1}}}}, expect: {{status: {status}}}}}\n"
