"""The files of a draft: as text, or as a table that takes cells from a spreadsheet; saved as one types."""

import csv
import io
from collections.abc import Mapping, Sequence

from flask import Response
from werkzeug.exceptions import NotFound

from api.console.calls import Answer, Problem
from api.console.console import Console
from api.console.form_values import whole
from api.console.pages.policies.drafts import TAG_FIELD, Draft, of_a_new_draft, save_draft, show_draft
from api.console.visit import Visit
from api.language.current import say

TABLE = ".csv"
_MORE_ROWS, _MORE_COLUMNS = 3, 1
"""Empty ones at the end of a table, to write into."""
_MOST_CELLS = 5_000
"""A larger table is shown as text."""


def add_to(console: Console) -> None:
    """Their pages and buttons."""
    console.page("/policies/drafts/<name>/text", needs="policies_save_draft")(text)
    console.action("/policies/drafts/<name>/text", needs="policies_save_draft")(save_text)
    console.page("/policies/drafts/<name>/table", needs="policies_save_draft")(table)
    console.action("/policies/drafts/<name>/table", needs="policies_save_draft")(save_table)
    console.action("/policies/drafts/<name>/add-file", needs="policies_save_draft")(add_file)
    console.action("/policies/drafts/<name>/remove-file", needs="policies_save_draft")(remove_file)
    console.page("/policies/words", needs="policies_vocabulary")(words)


def words(visit: Visit) -> Response:
    """What the editor completes, as JSON."""
    answer = visit.ask("GET", "/v1/policies/vocabulary")
    return Response(answer.body, status=answer.status, mimetype="application/json")


# --- as text ---------------------------------------------------------------------------------------------------------


def text(visit: Visit, name: str) -> Response:
    draft = show_draft(visit, name)
    file = _file(visit, draft)
    return _show_text(visit, draft, file, draft.files[file], tag=draft.tag, conflict=None, saved=False)


def save_text(visit: Visit, name: str) -> Response:
    """By the button, or by itself while one types: then only the part of the page that says so is answered."""
    draft = show_draft(visit, name)
    file = _file(visit, draft)
    written = visit.form.get("text", "").replace("\r\n", "\n")
    answer, tag = _saved(visit, draft, {file: written})
    if answer.problem is None and not visit.updates_itself:
        return _after(visit, answer, name, file)
    saved = answer.problem is None
    if saved:
        tag = answer.headers.get("ETag", "")
        draft = show_draft(visit, name)
    return _show_text(visit, draft, file, written, tag=tag, conflict=_refusal(visit, answer), saved=saved)


def _saved(visit: Visit, draft: Draft, changed: Mapping[str, str]) -> tuple[Answer, str]:
    """What became of saving these files beside the others, and with which tag it was tried: the one that the form was
    drawn with, unless its writer saw what somebody else did and overwrites that.
    """
    deed = visit.form.get("deed", "")
    tag = draft.tag if deed == "overwrite" and visit.form.get("seen") == draft.tag else visit.form.get(TAG_FIELD, "")
    files = {**draft.files, **changed}
    other = visit.form.get("as", "").strip()
    if deed == "copy":
        return save_draft(visit, other, files, "", draft.base), tag
    return save_draft(visit, draft.name, files, tag), tag


def _refusal(visit: Visit, answer: Answer) -> Problem | None:
    """Why it was not saved, or not as another draft."""
    is_copy = visit.form.get("deed") == "copy"
    return of_a_new_draft(answer.problem) if answer.problem is not None and is_copy else answer.problem


def _after(visit: Visit, answer: Answer, name: str, file: str, page: str = "text") -> Response:
    if visit.form.get("deed") == "copy":
        name = answer.json["name"]
    if visit.form.get("then") == "check":
        return visit.go(visit.link("policies", "drafts", name, "check"))
    return visit.after(answer, visit.link("policies", "drafts", name, page, file=file), say("The draft is saved."))


def _show_text(
    visit: Visit, draft: Draft, file: str, written: str, *, tag: str, conflict: Problem | None, saved: bool
) -> Response:
    review = visit.ask("POST", "/v1/policies/check", body={"files": {**draft.files, file: written}})
    found = review.json if review.ok else None
    only_part = visit.updates_itself
    return visit.show(
        "policies/draft_saved.html" if only_part else "policies/draft_text.html",
        status=conflict.status if conflict and not only_part else 200,
        draft=draft,
        file=file,
        text=written,
        tag=tag,
        problem=conflict,
        saved=saved,
        review=found,
        review_problem=review.problem,
    )


def _file(visit: Visit, draft: Draft) -> str:
    file = visit.form.get("file") or visit.query.get("file", "")
    if file not in draft.files:
        raise NotFound
    return file


# --- as a table ------------------------------------------------------------------------------------------------------


def table(visit: Visit, name: str) -> Response:
    draft = show_draft(visit, name)
    file = _file(visit, draft)
    rows = cells_of(draft.files[file])
    if not file.endswith(TABLE) or sum(map(len, rows)) > _MOST_CELLS:
        return visit.go(visit.link("policies", "drafts", name, "text", file=file))
    return _show_table(visit, draft, file, rows, tag=draft.tag, problem=None)


def save_table(visit: Visit, name: str) -> Response:
    draft = show_draft(visit, name)
    file = _file(visit, draft)
    rows = _sent_rows(visit)
    pasted = visit.form.get("pasted", "").strip("\r\n")
    if pasted:
        rows = cells_of(pasted)
    answer, tag = _saved(visit, draft, {file: csv_of(rows, like=draft.files[file])})
    if answer.problem is None:
        return _after(visit, answer, name, file, "table")
    return _show_table(visit, draft, file, rows, tag=tag, problem=_refusal(visit, answer))


def cells_of(written: str) -> list[list[str]]:
    """The cells of CSV, or of what a spreadsheet puts into the clipboard (with tabs)."""
    separator = _separator(written)
    return [
        list(row) for row in csv.reader(io.StringIO(written.removeprefix("\ufeff"), newline=""), delimiter=separator)
    ]


def csv_of(rows: Sequence[Sequence[str]], *, like: str) -> str:
    """With the separator of the text that it takes the place of; empty rows and cells at the end are left out."""
    kept = [_trimmed(row) for row in rows]
    while kept and not kept[-1]:
        kept.pop()
    separator = _separator(like)
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter="," if separator == "\t" else separator, lineterminator="\n")
    writer.writerows(kept)
    return target.getvalue()


def _trimmed(row: Sequence[str]) -> list[str]:
    cells = [cell.replace("\r", " ").replace("\n", " ").strip() for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _separator(written: str) -> str:
    """The sign that stands most often in the first line of those that may separate cells."""
    first = written.partition("\n")[0]
    return max((",", ";", "\t"), key=first.count) if any(sign in first for sign in ",;\t") else ","


def _sent_rows(visit: Visit) -> list[list[str]]:
    columns = whole(visit.form.get("columns", ""), digits=3) or 1
    cells = visit.request.form.getlist("cell")
    return [cells[start : start + columns] for start in range(0, len(cells), columns)]


def _show_table(
    visit: Visit, draft: Draft, file: str, rows: list[list[str]], *, tag: str, problem: Problem | None
) -> Response:
    columns = max(map(len, rows), default=1) + _MORE_COLUMNS
    wide = [[*row, *[""] * (columns - len(row))] for row in [*rows, *[[]] * _MORE_ROWS]]
    review = visit.ask("POST", "/v1/policies/check", body={"files": dict(draft.files)})
    return visit.show(
        "policies/draft_table.html",
        status=problem.status if problem else 200,
        draft=draft,
        file=file,
        rows=wide,
        columns=columns,
        tag=tag,
        problem=problem,
        review=review.json if review.ok else None,
    )


# --- which files -----------------------------------------------------------------------------------------------------


def add_file(visit: Visit, name: str) -> Response:
    draft = show_draft(visit, name)
    file = visit.form.get("file", "").strip()
    if file in draft.files:
        visit.tell(say("The draft has a file {file} already.", file=file), tone="bad")
        return visit.go(visit.link("policies", "drafts", name))
    written = visit.form.get("text", "").replace("\r\n", "\n") or _beginning_of(file)
    answer = save_draft(visit, name, {**draft.files, file: written}, visit.form.get(TAG_FIELD, ""))
    page = "table" if file.endswith(TABLE) else "text"
    place = (
        visit.link("policies", "drafts", name, page, file=file) if answer.ok else visit.link("policies", "drafts", name)
    )
    return visit.after(answer, place, say("{file} is in the draft now", file=file))


def _beginning_of(file: str) -> str:
    """What stands in a new file, to go on from."""
    stem = file.rpartition("/")[2].partition(".")[0]
    if file.endswith("_test.yaml"):
        return "tests: []\n"
    if file.endswith(TABLE):
        return f"policy,{stem}\nhit_policy,collect\nid,because\n"
    return f"policy: {stem}\nrules: []\n"


def remove_file(visit: Visit, name: str) -> Response:
    draft = show_draft(visit, name)
    file = _file(visit, draft)
    files = {other: content for other, content in draft.files.items() if other != file}
    answer = save_draft(visit, name, files, visit.form.get(TAG_FIELD, ""))
    return visit.after(
        answer, visit.link("policies", "drafts", name), say("{file} is taken out of the draft", file=file)
    )
