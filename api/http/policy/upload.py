"""Policy files as callers send them: a form with a part for each file, or one JSON body. File names are untrusted."""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Request
from marshmallow import ValidationError, fields, validate
from werkzeug.exceptions import BadRequest

from api.http.strict_parsing import require_json
from api.shapes.base import Strict
from api.shapes.fields import Note, TrueOrFalse
from api.shapes.mistakes import mistakes_of
from api.shapes.strict_json import NotJson, read_json
from engine.errors import InputInvalid, Mistake
from rules.policy_documents import NAMES, SUFFIXES, is_policy_file, most_bytes
from rules.tables.document import WORKBOOK
from rules.tables.sheet import MOST_BYTES

MULTIPART = "multipart/form-data"
MOST_FILES = 200
MOST_LETTERS = 200
"""Of a file's name."""
IN_EMERGENCY = (
    "publish although tests fail because of rules that end within 7 days, if the tests beside these rules pass; needs a"
    " note"
)
_FIELDS = ("note", "emergency")
"""Of the form, beside the files."""


class UploadRequest(Strict):
    """The JSON form: texts by file name."""

    files = fields.Dict(keys=fields.String(), values=fields.String(), required=True, validate=validate.Length(min=1))
    note = Note(load_default="", metadata={"description": "why, for the history"})
    emergency = TrueOrFalse(load_default=False, metadata={"description": IN_EMERGENCY})


class UploadForm(Strict):
    """The form: files, each with its name."""

    files = fields.List(
        fields.Raw(metadata={"type": "string", "format": "binary"}), required=True, validate=validate.Length(min=1)
    )
    note = Note(load_default="", metadata={"description": "why, for the history"})
    emergency = fields.String(
        load_default="false",
        validate=validate.OneOf(["true", "false"]),
        metadata={"description": IN_EMERGENCY},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What was sent: the policies, and the tests beside them (`*_test.yaml`), by name."""

    policies: Mapping[str, bytes]
    tests: Mapping[str, bytes]
    note: str
    emergency: bool


def read_upload(request: Request) -> Upload:
    """The files of a request; raises InputInvalid with every mistake, BadRequest if the body is no JSON,
    UnsupportedMediaType if it is neither JSON nor a form.
    """
    files, note, emergency = _from_form(request) if request.mimetype == MULTIPART else _from_json(request)
    mistakes = list(_mistakes(files))
    if mistakes:
        raise InputInvalid(mistakes)
    policies = {name: content for name, content in files if is_policy_file(name)}
    if not policies:
        raise InputInvalid([Mistake(field="files", message=f"there is no policy file ({NAMES}) among them")])
    tests = {name: content for name, content in files if name not in policies}
    return Upload(policies=policies, tests=tests, note=note, emergency=emergency)


_Files = list[tuple[str, bytes]]


def read_files(texts: Mapping[str, str], *, field: str, mistakes: list[Mistake]) -> dict[str, str]:
    """The policies among the texts of a request, by name; `mistakes` takes what is wrong with them, in `field`."""
    wrong = [
        replace(mistake, field=field) for mistake in _mistakes([(name, text.encode()) for name, text in texts.items()])
    ]
    policies = {name: text for name, text in texts.items() if is_policy_file(name)}
    if not policies:
        wrong.append(Mistake(field=field, message=f"there is no policy file ({NAMES}) among them"))
    mistakes += wrong
    return policies


def _from_form(request: Request) -> tuple[_Files, str, bool]:
    unexpected = [
        *(name for name in request.files if name != "files"),
        *(name for name in request.form if name not in _FIELDS),
    ]
    if unexpected:
        message = "the form has files, each a file, note and emergency"
        raise InputInvalid(Mistake(field=name, message=message) for name in unexpected)
    form = UploadForm(only=_FIELDS)
    try:
        data = form.load(request.form.to_dict())
    except ValidationError as error:
        raise InputInvalid(mistakes_of(error.messages)) from None
    parts = request.files.getlist("files")
    # one byte more than allowed is read, which is enough to refuse the file
    return (
        [(part.filename or "", part.stream.read(MOST_BYTES + 1)) for part in parts],
        data["note"],
        data["emergency"] == "true",
    )


def _from_json(request: Request) -> tuple[_Files, str, bool]:
    require_json(request)
    try:
        raw: Any = read_json(request.get_data())
    except NotJson as error:
        raise BadRequest(f"the body {error}") from None
    try:
        data = UploadRequest().load(raw)
    except ValidationError as error:
        raise InputInvalid(mistakes_of(error.messages)) from None
    workbooks = [name for name in data["files"] if name.endswith(WORKBOOK)]
    if workbooks:
        message = f"the workbook {_shown(workbooks[0])} is no text; send it in a form, or its sheets as CSV"
        raise InputInvalid([Mistake(field="files", message=message)])
    return [(name, text.encode()) for name, text in data["files"].items()], data["note"], data["emergency"]


def _mistakes(files: _Files) -> Iterator[Mistake]:
    if len(files) > MOST_FILES:
        yield Mistake(field="files", message=f"{len(files)} files; at most {MOST_FILES} make a version")
        return
    seen: set[str] = set()
    for name, content in files:
        fault = "stands here a second time" if name in seen else name_mistake(name)
        if not fault and len(content) > most_bytes(name):
            fault = f"is larger than {most_bytes(name)} bytes"
        if fault:
            yield Mistake(field="files", message=f"the file {_shown(name)} {fault}")
        seen.add(name)


def name_mistake(name: str) -> str:
    """What is wrong with a file's name, to go on after the name; empty if nothing is. `/` separates folders."""
    if not name or len(name) > MOST_LETTERS:
        return f"needs a name of 1 to {MOST_LETTERS} letters"
    if any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in name):
        return "has a control character in its name"
    if "\\" in name or ":" in name:
        return "has a \\ or a : in its name; name it as seen from the policy folder, with / between"
    if any(part in ("", ".", "..") for part in name.split("/")):
        return "must be named as seen from the policy folder, without .. and without a / at the start"
    return "" if name.endswith(SUFFIXES) else f"is none of {NAMES}"


def _shown(name: str) -> str:
    return ascii(name[:MOST_LETTERS])
