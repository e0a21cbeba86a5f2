"""Writes SVG elements. Text and attributes are escaped, whoever wrote them; looks come from classes alone, because the
page's Content-Security-Policy allows no style attribute.
"""

from collections.abc import Iterable
from typing import Final

from markupsafe import Markup, escape

Child = Markup | str
"""A str is text, and is escaped."""
_CONTROL: Final = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127), "�")
"""Signs that a document of HTML may not have."""


def element(tag: str, /, *children: Child, **attributes: object) -> Markup:
    """`class_` is written class, and other underscores as hyphens; attributes that are None are left out."""
    written = Markup("").join(
        Markup(' {}="{}"').format(_name(name), shown_text(value))
        for name, value in attributes.items()
        if value is not None
    )
    inner = Markup("").join(child if isinstance(child, Markup) else escape(shown_text(child)) for child in children)
    return Markup("<{tag}{written}>{inner}</{tag}>").format(tag=tag, written=written, inner=inner)


def group(children: Iterable[Child], **attributes: object) -> Markup:
    return element("g", *children, **attributes)


def picture(width: float, height: float, name: str, *children: Child, **attributes: object) -> Markup:
    """A whole SVG: `name` is what it is called by those who don't see it."""
    return element(
        "svg",
        *children,
        viewBox=f"0 0 {number(width)} {number(height)}",
        role="img",
        aria_label=name,
        focusable="false",
        **attributes,
    )


def number(value: float) -> str:
    """With at most one decimal."""
    return f"{round(value, 1):g}"


def shown_text(value: object) -> str:
    return str(value).translate(_CONTROL)


def _name(attribute: str) -> str:
    return attribute if attribute == "viewBox" else attribute.rstrip("_").replace("_", "-")
