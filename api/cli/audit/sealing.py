"""`pointsman audit seal`, `checkpoint`, `keys`, `rotate` and `proof`."""

import click

from api.cli.options import AS_JSON, DURATION, print_json
from api.language.current import say
from api.records.sealing import AuditKeyRecord, AuditKeysRecord, InclusionProofRecord, SealedRecord
from engine.service import Pointsman
from engine.settings import Settings

_DEFAULT_OVERLAP = 7 * 24 * 60


@click.command()
@click.option(
    "--new-log", is_flag=True, help="Begin a log of another name: after a copy from before was put in place on purpose."
)
@AS_JSON
@click.pass_obj
def seal(settings: Settings, *, new_log: bool, as_json: bool) -> None:
    """Seal the entries of the log that are not sealed yet.

    Those of the installation's log, too. pointsman serve does so by itself, every few seconds; like it, this asks the
    witnesses to cosign. Nothing is sealed if a checkpoint that was kept outside the server disproves what is in it:
    then an older copy of the data was put in place, or the log was altered.

    Example: pointsman audit seal
    """
    with Pointsman(settings) as service:
        state = service.sealer.seal(new_log=new_log)
        if new_log:
            service.record_act("log_begun", state.origin, {"size": state.size})
            state = service.sealer.seal()
        state = service.publisher.publish()
        installation = service.installation_sealer.seal()
    if as_json:
        print_json(SealedRecord.of(state))
        return
    for sealed in (state, installation) if installation.size else (state,):
        click.echo(say("sealed: {count:,} entries of the log '{log}'", count=sealed.size, log=sealed.origin))


@click.command()
@click.pass_obj
def checkpoint(settings: Settings) -> None:
    """Print the newest checkpoint, a signed note.

    It says how many entries of the log are sealed, and their hash. Keep some of them where nobody who can change the
    log can change them, or hand them to an auditor: pointsman audit verify compares an export with them.

    Example: pointsman audit checkpoint
    """
    with Pointsman(settings) as service:
        click.echo(str(service.proofs.state().signed.note), nl=False)


@click.command()
@AS_JSON
@click.pass_obj
def keys(settings: Settings, *, as_json: bool) -> None:
    """Print the public keys that verify checkpoints, the newest first.

    Publish them where auditors find them, and not only on this machine.

    Example: pointsman audit keys
    """
    with Pointsman(settings) as service:
        published = service.sealer.published_keys(service.proofs.state())
    record = AuditKeysRecord(keys=[AuditKeyRecord.of(key) for key in published])
    if as_json:
        print_json(record)
        return
    for key in record.keys:
        click.echo(key.key if key.until is None else say("{key} until {until}", key=key.key, until=key.until))


@click.command()
@click.option(
    "--overlap",
    type=DURATION,
    default=f"{_DEFAULT_OVERLAP} min",
    show_default="7 d",
    help="How long the former key signs, too.",
)
@click.pass_obj
def rotate(settings: Settings, overlap: int) -> None:
    """Sign checkpoints with a new key from now on.

    The former key signs beside it for a while, so that whoever trusts that one sees the new key vouched for.

    Example: pointsman audit rotate --overlap 30d
    """
    with Pointsman(settings) as service:
        service.sealer.rotate_key(overlap=60 * overlap)
        key = service.sealer.published_keys(service.sealer.seal())[0].key
        service.record_act("audit_key_rotated", str(key), {"overlap_minutes": overlap})
        state = service.sealer.seal()
        published = service.sealer.published_keys(state)
    click.echo(say("checkpoints are signed with {key}", key=published[0].key if published else ""))


@click.command()
@click.argument("entry")
@click.pass_obj
def proof(settings: Settings, entry: str) -> None:
    """Print the proof that ENTRY is in the sealed log, as JSON.

    ENTRY is the id of an entry of the log, or of a decision.

    Example: pointsman audit proof 1795770000000-0
    """
    with Pointsman(settings) as service:
        print_json(InclusionProofRecord.of(service.proofs.inclusion(entry)))
