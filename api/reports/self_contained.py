"""Pages that need nothing but themselves: no script, nothing from elsewhere, and a style that its own hash allows."""

import base64
import functools
import hashlib
from importlib import resources

from jinja2 import Environment, StrictUndefined


def style_policy(style: str) -> str:
    """A Content-Security-Policy that allows nothing but this style, where it stands in a <style> of the page."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def environment() -> Environment:
    """Escapes all that is put into a template, and fails on what is not there."""
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


@functools.cache
def file_text(package: str, name: str) -> str:
    """Of a file that comes with a package."""
    return resources.files(package).joinpath(name).read_text("utf-8")
