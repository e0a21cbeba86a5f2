"""`pointsman audit export` and `verify`."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from api.cli.options import AS_JSON, print_json, who
from api.cli.reads import record_read
from api.language.current import say, say_message
from api.records.sealing import VerificationRecord
from engine.audit.sealing.checkpoint import SignedCheckpoint, checkpoints_in
from engine.audit.sealing.comparison import Finding
from engine.audit.sealing.signed_note import NoteInvalid, VerifierKey
from engine.audit.verify_export import Verification, verify_export
from engine.errors import InputInvalid, Mistake
from engine.service import Pointsman
from engine.settings import Settings

MOST_SHOWN = 100
"""At most so many findings are printed; JSON has them all."""


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--installation", is_flag=True, help="The log of the installation: API keys, and networks that were reset."
)
@click.option("--without-archive", is_flag=True, help="Leave out what is in the archive alone.")
@click.pass_obj
def export(settings: Settings, file: Path, *, installation: bool, without_archive: bool) -> None:
    """Write the sealed log into FILE, to be verified without a server.

    Entries that are not sealed yet are sealed before, if this machine has the key. The file is compressed if its name
    ends with .gz. It has everything that the log has: who may read it may read all orders. Entries that were altered
    or deleted since they were sealed are named; the file is written all the same, and the exit status is 1.

    Example: pointsman audit export main-2026-11-28.audit.gz
    """
    altered: list[Finding] = []
    with Pointsman(settings) as service:
        sealer = service.installation_sealer if installation else service.sealer
        entries = sealer.export(file, by=who(settings), archived=not without_archive, on_altered=altered.append)
        service.record_act("exported", file.name, {"entries": entries})
        record_read(service, count=entries)
    click.echo(say("entries in {file}: {count:,}", file=file, count=entries))
    for line in _finding_lines(altered):
        click.echo(line, err=True)
    sys.exit(1 if altered else 0)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", "keys", multiple=True, help="A public key that you trust (pointsman audit keys); repeatable.")
@click.option(
    "--checkpoint",
    "checkpoints",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with checkpoints that were kept elsewhere; repeatable.",
)
@click.option("--witness", "witnesses", multiple=True, help="The key of a witness that you trust; repeatable.")
@AS_JSON
def verify(
    file: Path, keys: tuple[str, ...], checkpoints: tuple[Path, ...], witnesses: tuple[str, ...], *, as_json: bool
) -> None:
    """Verify an export of the log, without a server.

    Every entry is compared with what was sealed of it, the tree with the signed checkpoint, and that with checkpoints
    that you have from elsewhere. Exits with 1 if anything is not as it was sealed. Without --key, the keys in the file
    are taken, and then anybody may have made it.

    Example: pointsman audit verify main-2026-11-28.audit.gz --key "$KEY" --checkpoint checkpoints.txt
    """
    result = verify_export(
        file,
        keys=[_key("--key", text) for text in keys],
        witnesses=[_key("--witness", text) for text in witnesses],
        known=[one for path in checkpoints for one in _checkpoints(path)],
    )
    if as_json:
        print_json(VerificationRecord.of(result))
    else:
        for line in _lines(result):
            click.echo(line)
    sys.exit(1 if result.findings else 0)


def _finding_lines(findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings[:MOST_SHOWN]:
        yield say("not as it was sealed: {finding}", finding=say_message(str(finding)))


def _key(option: str, text: str) -> VerifierKey:
    try:
        return VerifierKey.parse(text)
    except NoteInvalid as error:
        raise InputInvalid([Mistake(field=option, message=str(error))]) from None


def _checkpoints(path: Path) -> list[SignedCheckpoint]:
    try:
        return list(checkpoints_in(path.read_text(encoding="utf-8")))
    except (NoteInvalid, UnicodeDecodeError) as error:
        raise InputInvalid([Mistake(where=str(path), field="", message=str(error))]) from None


def _lines(result: Verification) -> Iterator[str]:
    header = result.header
    yield say("sealed: {count:,} entries of the log '{log}'", count=header.size, log=header.log)
    if header.archived:
        yield say("the first {archived:,} are in an archive and not in this file", archived=header.archived)
    for key in result.signers:
        yield say("signed with {key}", key=key)
    for key in result.cosigners:
        yield say("cosigned by {witness}", witness=key.name)
    if not result.signed:
        yield say("no key that is trusted signed the file as a whole: its last line may be missing")
    if result.own_keys:
        yield say("no key was given that you trust (--key): anybody may have made this file")
    if result.other_logs:
        yield say("checkpoints of other logs, which were left out: {count:,}", count=result.other_logs)
    elif not result.compared:
        yield say("no checkpoint was given that was kept elsewhere (--checkpoint): another history may have been shown")
    yield from _finding_lines(result.findings)
    if len(result.findings) > MOST_SHOWN:
        yield say("... and {count:,} more; --json has them all", count=len(result.findings) - MOST_SHOWN)
    if not result.findings:
        yield say("every entry is as it was sealed")
