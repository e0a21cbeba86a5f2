"""The OpenAPI document as a page for people: one page, without scripts and without anything from elsewhere."""

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterator
from typing import Any

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { margin-bottom: 0; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
nav ul { columns: 14rem; padding-left: 1rem; }
details { border: 1px solid var(--line); border-radius: .4rem; margin: .5rem 0; }
summary { padding: .5rem .8rem; cursor: pointer; overflow-wrap: anywhere; }
details > div { padding: 0 .8rem .8rem; }
code, pre { font: .9em/1.45 ui-monospace, monospace; }
pre { background: var(--soft); padding: .6rem; border-radius: .3rem; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; display: block; overflow-x: auto; }
th, td { text-align: left; vertical-align: top; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--line); }
.verb { display: inline-block; min-width: 4.2em; font-weight: 600; }
"""
STYLE_HASH = "sha256-" + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_VERBS = ("get", "put", "post", "delete", "patch")
_SCHEMAS = "#/components/schemas/"


def html_of(page: dict[str, Any]) -> str:
    """The whole document."""
    info = page["info"]
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
        f"<title>{_text(info['title'])} {_text(info['version'])}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{_text(info['title'])} {_text(info['version'])}</h1>",
        *(f"<p>{_prose(paragraph)}</p>" for paragraph in info["description"].strip().split("\n\n")),
        '<p>For programs: <a href="openapi.json">openapi.json</a>.</p>',
        *_contents(page),
    ]
    for tag in page["tags"]:
        operations = list(_operations(page, tag["name"]))
        parts.append(f'<h2 id="{_text(tag["name"])}">{_text(tag.get("description", tag["name"]))}</h2>')
        for path, verb, operation in operations:
            parts += _operation(path, verb, operation, page)
    parts.append('<h2 id="schemas">Shapes</h2>')
    for name, schema in sorted(page["components"]["schemas"].items()):
        parts += _schema(name, schema)
    return "\n".join([*parts, "</body></html>"])


def _contents(page: dict[str, Any]) -> Iterator[str]:
    yield "<nav><ul>"
    for tag in page["tags"]:
        yield f'<li><a href="#{_text(tag["name"])}">{_text(tag.get("description", tag["name"]))}</a></li>'
    yield '<li><a href="#schemas">Shapes</a></li></ul></nav>'


def _operations(page: dict[str, Any], tag: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in page["paths"].items():
        for verb in _VERBS:
            if verb in item and tag in item[verb]["tags"]:
                yield (
                    path,
                    verb,
                    item[verb] | {"parameters": [*item.get("parameters", []), *item[verb].get("parameters", [])]},
                )


def _operation(path: str, verb: str, operation: dict[str, Any], page: dict[str, Any]) -> Iterator[str]:
    yield (
        f'<details id="{_text(operation["operationId"])}"><summary><span class="verb">{verb.upper()}</span>'
        f"<code>{_text(path)}</code><br>{_prose(operation['summary'])}</summary><div>"
    )
    for paragraph in operation["description"].split("\n\n"):
        yield f"<p>{_prose(paragraph)}</p>"
    if operation["parameters"]:
        yield "<table><tr><th>parameter</th><th>in</th><th>type</th><th>meaning</th></tr>"
        for parameter in (_resolved(each, page) for each in operation["parameters"]):
            needed = " (required)" if parameter.get("required") else ""
            yield (
                f"<tr><td><code>{_text(parameter['name'])}</code>{needed}</td><td>{_text(parameter['in'])}</td>"
                f"<td>{_type(parameter['schema'])}</td><td>{_prose(parameter.get('description', ''))}</td></tr>"
            )
        yield "</table>"
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"<p>Body, <code>{_text(kind)}</code>: {_type(content.get('schema', {}))}</p>"
        if "example" in content:
            example = content["example"]
            shown = example if isinstance(example, str) else json.dumps(example, indent=2, ensure_ascii=False)
            yield f"<pre>{_text(shown)}</pre>"
    yield "<table><tr><th>answer</th><th>when</th><th>body</th></tr>"
    for status, response in operation["responses"].items():
        resolved = _resolved(response, page)
        bodies = ", ".join(
            f"<code>{_text(kind)}</code> {_type(content.get('schema', {}))}"
            for kind, content in resolved.get("content", {}).items()
        )
        yield f"<tr><td>{_text(status)}</td><td>{_prose(resolved['description'])}</td><td>{bodies}</td></tr>"
    yield "</table></div></details>"


def _schema(name: str, schema: dict[str, Any]) -> Iterator[str]:
    yield f'<details id="schema-{_text(name)}"><summary><code>{_text(name)}</code></summary><div>'
    if "description" in schema:
        yield f"<p>{_prose(schema['description'])}</p>"
    properties = schema.get("properties", {})
    if properties:
        yield "<table><tr><th>field</th><th>type</th><th>meaning</th></tr>"
        for field, described in properties.items():
            needed = "" if field in schema.get("required", ()) else " (may be left out)"
            yield (
                f"<tr><td><code>{_text(field)}</code>{needed}</td><td>{_type(described)}</td>"
                f"<td>{_prose(described.get('description', ''))}</td></tr>"
            )
        yield "</table>"
    else:
        yield f"<p>{_type(schema)}</p>"
    yield "</div></details>"


def _resolved(part: dict[str, Any], page: dict[str, Any]) -> dict[str, Any]:
    """A response or a parameter, or the component that it refers to."""
    if "$ref" not in part:
        return part
    kind, name = part["$ref"].split("/")[-2:]
    found: dict[str, Any] = page["components"][kind][name]
    return found


def _type(schema: dict[str, Any]) -> str:
    """A schema in a few words, with links to the shapes that it names."""
    if "$ref" in schema:
        name = _text(schema["$ref"].removeprefix(_SCHEMAS))
        return f'<a href="#schema-{name}">{name}</a>'
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return " or ".join(map(_type, schema[choice]))
    if "enum" in schema:
        return ", ".join(f"<code>{_text(json.dumps(value, ensure_ascii=False))}</code>" for value in schema["enum"])
    kind = schema.get("type", "any")
    kinds = kind if isinstance(kind, list) else [kind]
    if "array" in kinds:
        return f"list of {_type(schema.get('items', {}))}" + (" or null" if "null" in kinds else "")
    return " or ".join(map(_text, kinds)) + (f" ({_text(schema['format'])})" if "format" in schema else "")


def _prose(text: str) -> str:
    """A text in which words between backticks are code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", _text(text))


def _text(value: object) -> str:
    return html.escape(str(value))
