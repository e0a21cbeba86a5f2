"""Writes papers to files."""

from pathlib import Path

import click

from api.files.file_content import write_content
from api.language.current import OPTION, say, sentence_language, typed_words
from engine.fulfilment.parcels.printed import PrintedPaper


def paper_language() -> str | None:
    """That of --lang; None: that of where it goes."""
    return sentence_language() if any(word.split("=")[0] == OPTION for word in typed_words()) else None


def write_paper(printed: PrintedPaper, output: Path | None) -> None:
    """Into the file, and say so; `-` is standard output."""
    if output == Path("-"):
        click.get_binary_stream("stdout").write(printed.content)
        return
    path = output or Path(printed.name)
    write_content(path, printed.content)
    click.echo(say("written to {file}", file=path))
