"""Which policies are tried: files that may be a draft, those of each number of a sweep, and what a review finds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from engine.errors import InputInvalid, Mistake
from engine.service import Pointsman
from engine.simulation.draft import Draft
from engine.simulation.job import JobRequest
from rules.editor.swept_number import Sweep, SweepMistake, written_number
from rules.errors import Finding


class Candidate(NamedTuple):
    """Files that may be a draft. `stands`: of a sweep, whether its number is the one in the file."""

    name: str
    files: Mapping[str, bytes]
    stands: bool = False


def swept(text: str, files: Mapping[str, bytes], *, field: str) -> list[Candidate]:
    """The draft with each number of a sweep, and with the one that stands there. `field` is where the text was given.
    Raises InputInvalid, and PolicyInvalid if a file is none of policies.
    """
    try:
        sweep = Sweep.of(text)
        written = written_number(files, sweep)
    except SweepMistake as mistake:
        raise InputInvalid([Mistake(field=field, message=f"'{text}' {mistake}")]) from None
    return [
        Candidate(sweep.name(number), written.replaced_by(number), stands=number == written.number)
        for number in sorted({*sweep.numbers, written.number})
    ]


def reviewed(service: Pointsman, candidates: Iterable[Candidate]) -> tuple[list[Draft], dict[str, Sequence[Finding]]]:
    """The drafts without mistakes, and the mistakes of the others by name."""
    tried: list[Draft] = []
    refused: dict[str, Sequence[Finding]] = {}
    for name, files, stands in candidates:
        review = service.versions.review(files)
        if review.policies is None:
            refused[name] = review.errors
        else:
            tried.append(replace(Draft.of(name, review.policies), stands=stands))
    return tried, refused


def drafts_of(service: Pointsman, request: JobRequest) -> tuple[list[Draft], dict[str, Sequence[Finding]]]:
    """As `reviewed`. Raises as `swept`."""
    drafts = [Candidate(its.name, {name: text.encode() for name, text in its.files.items()}) for its in request.drafts]
    return reviewed(service, swept(request.sweep, drafts[0].files, field="sweep") if request.sweep else drafts)
