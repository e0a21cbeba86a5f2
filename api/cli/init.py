"""`pointsman init`: writes a starter network with policies and their tests, to try Pointsman with and to start from."""

import contextlib
from collections.abc import Mapping
from pathlib import Path

import click

from api.cli.policy.texts import schema_text, test_schema_text
from api.files.file_content import unusable
from api.language.current import counted, current_language, say
from rules.wording.catalogue import load_catalogue

STARTER = Path(__file__).parent / "starter"
"""One directory for each language, and `shared`, whose files are the same in all of them."""
_SHARED = "shared"
LANGUAGES = tuple(sorted(path.name for path in STARTER.iterdir() if path.name != _SHARED))
"""The languages that the starter is written in."""
_SCHEMA, _TEST_SCHEMA = "policies/policy.schema.json", "policies/policy_test.schema.json"
_NEXT = (
    "pointsman load .",
    "pointsman policy test policies",
    "pointsman policy publish policies --activate",
    "pointsman decide order.json",
)


@click.command()
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    default=current_language,
    help="The language of its comments and README. Default: en.",
)
def init(directory: Path, lang: str) -> None:
    """Write a starter network into DIRECTORY.

    It is a small shop's network, products and stock, policies with tests, orders to decide, and a README that says how
    to go on. DIRECTORY must be new or empty.

    Example: pointsman init shop
    """
    files = starter_files(lang)
    write_all(directory, files)
    click.echo(
        say(
            "{files} written to {directory}; its README.md explains them. Next:",
            files=counted(len(files), "file"),
            directory=directory,
        )
    )
    for command in (f"cd {directory}", *_NEXT):
        click.echo(f"  {command}")


def starter_files(language: str) -> dict[str, bytes]:
    """The contents of the starter's files, by path below its directory."""
    roots = (STARTER / _SHARED, STARTER / language)
    files = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for root in roots
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }
    schema, test_schema = schema_text([load_catalogue(language)]), test_schema_text()
    return {**files, _SCHEMA: schema.encode(), _TEST_SCHEMA: test_schema.encode()}


def write_all(directory: Path, files: Mapping[str, bytes]) -> None:
    """Write `files` into `directory`, or nothing at all: if one can't be written, those before it are removed again.

    Raises InputInvalid if the directory is not empty or a file can't be written.
    """
    try:
        if directory.exists() and any(directory.iterdir()):
            raise unusable(directory, say("this directory is not empty; name a new one"))
        with contextlib.ExitStack() as undo:
            for name, content in files.items():
                path = directory / name
                _make_directory(path.parent, undo)
                with path.open("xb") as file:
                    undo.callback(path.unlink)
                    file.write(content)
            undo.pop_all()
    except OSError as error:
        raise unusable(
            Path(error.filename or directory), say("can't be written: {strerror}", strerror=error.strerror)
        ) from None


def _make_directory(directory: Path, undo: contextlib.ExitStack) -> None:
    if not directory.exists():
        _make_directory(directory.parent, undo)
        directory.mkdir()
        undo.callback(directory.rmdir)
