"""Makes the page about a parcel: whole, without scripts and without anything from elsewhere."""

import base64
import functools
import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import TypeAlias

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup, escape

from api.http.fulfilment.page.content import Moment, PageContent
from api.http.fulfilment.page.page_words import page_words


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherLanguage:
    """In which the page is to be had, too, at that address."""

    code: str
    name: str
    address: str


OtherLanguages: TypeAlias = tuple[OtherLanguage, ...]


@functools.cache
def style() -> str:
    return _text("style.css")


@functools.cache
def policy() -> str:
    """The Content-Security-Policy: nothing but the style that is in the page."""
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def parcel_page(content: PageContent, language: str, languages: OtherLanguages) -> str:
    """Where a parcel is."""
    return _page(language, languages, content=content)


def plain_page(heading: str, hint: str, language: str, languages: OtherLanguages) -> str:
    """Why nothing is shown."""
    return _page(language, languages, heading=heading, hint=hint)


def _page(
    language: str, languages: OtherLanguages, *, content: PageContent | None = None, heading: str = "", hint: str = ""
) -> str:
    return _template().render(
        language=language,
        languages=languages,
        words=page_words()[language],
        style=Markup(style()),  # noqa: S704  # ours
        said=_said,
        content=content,
        heading=heading,
        hint=hint,
    )


def _said(words: str, moment: Moment) -> Markup:
    """The words with the moment in them, which machines can read, too."""
    before, after = words.split("{instant}")
    time = Markup('<time datetime="{}">{}</time>').format(moment.machine, moment.text)
    return escape(before) + time + escape(after)


@functools.cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.from_string(_text("page.html"))


def _text(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")
