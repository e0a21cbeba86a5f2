"""The errors of the engine, all in one tree.

PointsmanError
├── StoreUnavailable   the server is away, full, read-only or too old; try again
│   ├── NotReplicated  what was done stands on the server, but too few replicas have it
│   └── ClockOff       this process's clock is too far from the server's; nothing was done
├── ArchiveUnavailable what is asked for is in the archive, and that can't be read here
├── Unauthenticated    it is not known who calls
├── IdentityProviderUnavailable  the keys of the OpenID provider can't be fetched now; try again
├── NotPermitted       the caller may not do this, or not on this network; names the scope that it needs
├── BadSetting         an environment variable whose value is not allowed
├── InputInvalid       files or orders with mistakes; carries all of them
│   ├── OrderInvalid   an order that can't be decided as it stands
│   ├── NoAddressee    a parcel of an order that has no addressee; it can be packed once it has one
│   └── NotPrintable   texts that can't stand on a paper: letters that its fonts lack, or too long
├── DecisionUnreadable a logged decision that this release can't read, or whose facts are lost
├── FactsForgotten     the facts that a decision was made on are not kept any more, or were not yet
├── RecordContradictory  a logged decision that contradicts the facts it was made on; it may have been altered
├── NotFound           there is no such decision, product or version
├── NotReady           no network loaded, or no policy active
│   └── PolicyUnreadable  a published version that this release can't read
├── NotActivated       a version that can't be made active; the active one stays active
├── NotApproved        a version that another person than its publisher must approve first
├── ApprovalNotNeeded  a version that is active, approved, or needs no approval here, so that none is asked for
├── ApprovalRequestConflict  somebody else asks for the approval of a version already, or nobody does any more
├── GateNotPassed      a version whose gate did not pass, or has to be run first; says how to go on
├── DraftChanged       a draft of policies that somebody changed since it was read
├── TestsFailed        policies whose own tests fail; not published
├── KeyReused          an idempotency key was used again, for another request
├── RequestInProgress  the same request is being carried out under its idempotency key
├── OrderExists        an order's id was used before, for an order with other content
├── AwaitingApproval   the order is parked until a person approves it
├── OrderNotOver       units of the order are held or wait; its personal values can't be erased yet
├── OrderErased        the order's personal values were erased; nothing of it can be decided again
├── OrderChanged       an order that was amended since whoever wants to amend it read it
├── AlreadyShipped     an amendment that would drop units that have left
├── NotReturnable      units that can't come back: not shipped, not counted, on another return, or too late
├── ReturnExists       a return's id was used before, for other units
├── ReturnOver         the return can't take this step: it is cancelled, expired, over, or not so far yet
├── DispositionRefused what is to become of returned units is not allowed: by their grade, or by a rule
├── HoldEnded          the hold has already ended; says how and when
├── StockConflict      two messages about a position contradict each other, or units on backorder are to leave
├── QuoteExpired       a quote whose time is over, or that was never made
├── QuoteTaken         a quote that another order took up
├── QuoteNotKept       what was promised can't be kept any more; says what changed
├── QuotaExceeded      the caller has as many open holds as it may have
├── TooManyWhatIfs     as many what-ifs wait as may; says when to ask again
├── CursorExpired      a cursor in the stream of events that the log does not reach back to any more
├── SealBroken         the sealed log is not what was sealed before; nothing more is sealed
├── CarrierRefused     a carrier won't carry it so; says why, and which fields to change
├── CarrierUnavailable a carrier can't be asked now, or what became of the call is unknown; ask again later
├── CarrierHasNoSuch   the carrier offers nothing of the kind
│   └── GivenBackInPart  the carrier took some labels of a booking back and others not, which stay paid
├── NumbersExhausted   a carrier's ranges of tracking numbers have too few left
├── SerialsExhausted   the range of SSCCs of a network has too few serial references left
├── SerialsTaken       another network of the server gives out the same SSCCs or tracking numbers
├── NotPackable        a shipment that can't be packed, unpacked or handed over as it stands; says why
├── NotLearnt          paces of sale can't be learnt: the network has them from its files, or the log is too short
├── Contended          others changed what it needs each time it was tried; try again
├── Interrupted        what takes long was ended at a safe place; says why
└── Undecided          an order whose batch stopped before it was decided; send it again
"""

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

_MOST_NAMED = 10
"""At most so many failing tests are named."""


def order_call(order_id: str, verb: str) -> str:
    """How to ask for this of an order, over HTTP and on the command line."""
    return f"POST /v1/orders/{quote(order_id, safe='')}/{verb}, or: pointsman order {verb} {shlex.quote(order_id)}"


class PointsmanError(Exception):
    """Anything that the engine refuses or fails at; the message says what to do."""


class StoreUnavailable(PointsmanError):
    """The server can't be used now. Anybody may see `message`; `details` has paths and hosts, for operators."""

    def __init__(self, message: str, *, details: str = "") -> None:
        self.message = message
        super().__init__(f"{message}: {details}" if details else message)


class ArchiveUnavailable(PointsmanError):
    """Archived entries can't be read or written here: their folder or a library is missing. The message says which."""


class Unauthenticated(PointsmanError):
    """It is not known who calls. `presented`: a key or a token was sent, and it is not valid."""

    def __init__(self, message: str, *, presented: bool) -> None:
        self.presented = presented
        super().__init__(message)


class TooManyFailedKeys(PointsmanError):
    """An address has sent too many requests without a valid key; those of the next `retry_after` seconds are not looked
    at.
    """

    def __init__(self, message: str, *, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class IdentityProviderUnavailable(PointsmanError):
    """Tokens can't be verified now, as the provider's keys are not known and can't be fetched; keys of Pointsman's own
    work all the same.
    """


class NotPermitted(PointsmanError):
    """The caller may not do this: it needs one of `scopes`, or, if there are none, a key for another network."""

    def __init__(self, message: str, *, scopes: Sequence[str] = ()) -> None:
        self.scopes = tuple(scopes)
        super().__init__(message)


class NotReplicated(StoreUnavailable):
    """What was done stands, but only `confirmed` replicas have it of the `needed` ones; if the server is lost now, so
    may it be. `what` stands: "decision 'x'". `answers` are those of the server.
    """

    def __init__(
        self, *, confirmed: int, needed: int, answers: Sequence[Any] = (), what: str = "what this request changed"
    ) -> None:
        self.confirmed, self.needed, self.answers = confirmed, needed, answers
        super().__init__(
            f"{what} stands, but {confirmed} replicas have it and {needed} must (POINTSMAN_REPLICAS): if"
            " the server is lost now, so may it be. Send the request again, with its idempotency key or without: it is"
            " not done twice, and is answered once they have it"
        )

    def of(self, what: str) -> "NotReplicated":
        """The same, said of something that is known better here."""
        return NotReplicated(confirmed=self.confirmed, needed=self.needed, answers=self.answers, what=what)


class ClockOff(StoreUnavailable):
    """The clock of this process is `ahead` seconds before the server's, or behind it if that is negative; nothing was
    done.
    """

    def __init__(self, *, ahead: float, most: int) -> None:
        self.ahead = ahead
        super().__init__(
            f"the clock of this machine is {abs(ahead):,.1f} s {'ahead of' if ahead > 0 else 'behind'} the server's,"
            f" and at most {most} s are allowed: holds would end at the wrong instant, and the log would have another"
            " order than things happened in. Nothing was done. Let both machines keep time by NTP (timedatectl set-ntp"
            " true, or chronyc makestep), then try again"
        )


class BadSetting(PointsmanError):
    """An environment variable whose value is not allowed; names it, its value and what is allowed."""

    def __init__(self, *, name: str, value: str, allowed: str) -> None:
        self.name, self.value, self.allowed = name, value, allowed
        super().__init__(f"{name} is '{value}'; it must be {allowed}")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Mistake:
    """A mistake in an input: where it is (file and line, or empty), in which field, and what is wrong."""

    where: str = ""
    field: str
    message: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.where, self.field, self.message) if part)


class InputInvalid(PointsmanError):
    """Input with mistakes; nothing of it was accepted."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


class OrderInvalid(InputInvalid):
    """An order that can't be decided as it stands."""


class NoAddressee(InputInvalid):
    """The order has nobody to send a parcel to; it may still get an addressee."""

    def __init__(self, order: str) -> None:
        self.order = order
        message = (
            f"order '{order}' has no addressee; send it here, or beforehand (PUT /v1/orders/{order}/addressee, or:"
            f" pointsman order addressee {order})"
        )
        super().__init__([Mistake(field="addressee", message=message)])


class NotPrintable(InputInvalid):
    """Texts that can't stand on a paper of a parcel: the fonts lack letters of them, or they are too long for it."""


class DecisionUnreadable(PointsmanError, ValueError):
    """A logged decision is of a release that is newer than this one, or its facts are not in the log."""


class FactsForgotten(PointsmanError):
    """The facts that a decision was made on are not kept any more, or an earlier release did not keep them."""


class RecordContradictory(PointsmanError):
    """What is logged of a decision contradicts itself: somebody altered its record, its facts or the network that is
    kept of then, or this release has a mistake.
    """

    def __init__(self, decision: str) -> None:
        super().__init__(
            f"the record of decision {decision} contradicts its facts or its network, which may have been altered, or"
            " this release has a mistake; pointsman ledger check says whether the log was altered"
        )


class DraftChanged(PointsmanError):
    """A draft of policies is not as it was when whoever wants to change it read it; says who changed it, and when."""


class NotFound(PointsmanError):
    """There is nothing of that name."""


class NotReady(PointsmanError):
    """A step of the set-up is missing; the message names the command."""


class PolicyUnreadable(NotReady):
    """A published version that this release can't read, or whose content does not match its version."""


class NotActivated(PointsmanError):
    """A version that can't be made active; the message says why. The active one stays active."""


class NotApproved(PointsmanError):
    """Another person than its publisher must approve a policy version before it is activated."""


class ApprovalNotNeeded(PointsmanError):
    """Nobody has to be asked to approve a policy version: it is active or approved, or none needs that here."""


class ApprovalRequestConflict(PointsmanError):
    """Somebody else asks for the approval of a policy version already, or no request waits for an answer."""


class GateNotPassed(PointsmanError):
    """A policy version that may decide only once its gate has passed, or by an override. The message says why it has
    not, and what to do.
    """


_FOLDER = "PATH"


class TestsFailed(PointsmanError):
    """Policies whose own tests fail; names the failing tests, each with its file and line, and the rules that are `new`
    and fire in all of them.
    """

    __test__ = False  # pytest would take a class of this name for a test

    def __init__(self, failed: Sequence[str], *, of: int, new: Sequence[str] = (), because: str = "") -> None:
        self.failed = tuple(failed)
        shown = [
            *failed[:_MOST_NAMED],
            *([f"... and {len(failed) - _MOST_NAMED} more"] if failed[_MOST_NAMED:] else []),
        ]
        verb = "fails" if len(failed) == 1 else "fail"
        summary = f"{len(failed)} of {of} tests of these policies {verb}, so they were not published:"
        hints = [because] if because else []
        hints.append(f"To see what differs: pointsman policy test {_FOLDER}")
        if new:
            hints.append(
                f"New, and fires in all of them: {', '.join(new)}. A test is decided as of its own `now`: give a rule"
                " that is to begin now a `from`, and tests of before go on as they did"
            )
        super().__init__("\n  ".join([summary, *shown]) + "\n" + "\n".join(hints))

    def in_folder(self, folder: str) -> str:
        """The message, with the folder whose tests these are."""
        return str(self).replace(f"policy test {_FOLDER}", f"policy test {folder}")


class KeyReused(PointsmanError):
    """The idempotency key was used before, for another request."""


class RequestInProgress(PointsmanError):
    """The same request is being carried out, under the same idempotency key."""


class OrderExists(PointsmanError):
    """There is an order of that id with other content, and it stands as it is; `differing` fields differ."""

    def __init__(self, *, order: str, differing: Sequence[str]) -> None:
        self.order, self.differing = order, tuple(differing)
        super().__init__(
            f"order '{order}' was decided before with other {', '.join(differing)}, and stands as it was; to change it,"
            " amend it; another order needs an id of its own"
        )


class AwaitingApproval(PointsmanError):
    """Nothing of the order may leave or be decided again before a person has approved it."""

    def __init__(self, order_id: str) -> None:
        super().__init__(
            f"order '{order_id}' waits for a person to approve it ({order_call(order_id, 'approve')}); until then"
            " nothing of it leaves or is rejected"
        )


class OrderNotOver(PointsmanError):
    """Units of the order are held or wait, so its personal values are needed still; says how many."""


class OrderErased(PointsmanError):
    """The personal values of the order were erased, so nothing of it can be decided again."""


class OrderChanged(PointsmanError):
    """An order is not as it was when whoever wants to amend it read it; nothing was changed."""


class AlreadyShipped(PointsmanError):
    """An order can't be amended so: units that have left would not be ordered any more. Says how many left."""


class NotReturnable(PointsmanError):
    """These units can't come back; the message says which, and why."""


class ReturnExists(PointsmanError):
    """There is a return of that id, of other units, and it stands as it is."""


class ReturnOver(PointsmanError):
    """The return can't take this step, as it stands; the message says where it stands."""


class DispositionRefused(PointsmanError):
    """What is to become of returned units may not; the message says by which grade or rule."""


class HoldEnded(PointsmanError):
    """The request comes too late, as the hold has ended; the message says how and when."""


class StockConflict(PointsmanError):
    """Two messages about a position contradict each other, and nothing says which one is right: two counts, or a
    confirm of units on backorder and the stock in which they are not there yet.
    """


class QuoteExpired(PointsmanError):
    """No quote of that id can be taken up: its time is over, or it was never made."""


class QuoteTaken(PointsmanError):
    """The quote was taken up before, by another order."""


class QuoteNotKept(PointsmanError):
    """What a quote promised can't be kept any more, and the order was only to be decided if it is."""


class CursorExpired(PointsmanError):
    """Nobody can tell whether events are missing behind this cursor: its place in the log is gone."""

    def __init__(self, cursor: str) -> None:
        super().__init__(
            f"the log does not reach back to the cursor '{cursor}' any more, so events may be missing; read what you"
            " keep anew, then go on from 'now', or from 'start', the oldest event that there is"
        )


class SealBroken(PointsmanError):
    """The sealed log is damaged, or not a continuation of what was sealed before; says which."""


class QuotaExceeded(PointsmanError):
    """The caller has as many open holds as it may have."""


class TooManyWhatIfs(PointsmanError):
    """As many what-ifs wait as may. In about `retry_after` seconds one of those that run has ended."""

    def __init__(self, most: int, *, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(
            f"{most} what-ifs wait, which is the most (POINTSMAN_WHATIF_WAITING); try again once one of them has ended,"
            " or cancel one (DELETE /v1/whatif/ID)"
        )


class CarrierRefused(PointsmanError):
    """The carrier answered, and won't do it as it was asked; nothing was bought. `mistakes` name fields of the shipment
    where the carrier said which it minds.
    """

    def __init__(self, message: str, *, carrier: str, mistakes: Iterable[Mistake] = ()) -> None:
        self.carrier, self.mistakes = carrier, tuple(mistakes)
        super().__init__(
            "\n  ".join([f"carrier '{carrier}' refuses: {message}", *(str(mistake) for mistake in self.mistakes)])
        )

    @property
    def summary(self) -> str:
        """For the log: without what the carrier wrote, which may repeat the address."""
        fields = ", ".join(sorted({mistake.field for mistake in self.mistakes if mistake.field}))
        return f"carrier '{self.carrier}' refused it{f': {fields}' if fields else ''}"


class CarrierUnavailable(PointsmanError):
    """The carrier can't be reached, is busy, or its answer makes no sense: what became of the call is not known. The
    same call, made later, does nothing twice. `retry_after` is for how many seconds it asks to be left alone.
    """

    def __init__(self, message: str, *, carrier: str, retry_after: int | None = None) -> None:
        self.carrier, self.retry_after = carrier, retry_after
        super().__init__(f"carrier '{carrier}' can't be asked now: {message}")


class CarrierHasNoSuch(PointsmanError):
    """The carrier offers nothing of the kind: nothing to be cancelled, or no news of parcels; says which."""


class GivenBackInPart(CarrierHasNoSuch):
    """Of several labels of a booking, the carrier took some back and others not; says which, by its own names of them,
    and nothing that it wrote, so that it may stand in the log.
    """

    def __init__(self, *, carrier: str, given_back: Sequence[str], not_taken_back: Sequence[str]) -> None:
        self.given_back, self.not_taken_back = tuple(given_back), tuple(not_taken_back)
        super().__init__(
            f"carrier '{carrier}' took {', '.join(given_back)} back, but not {', '.join(not_taken_back)}: what it did"
            " not take back stays paid"
        )


class NumbersExhausted(PointsmanError):
    """The ranges of tracking numbers of a carrier have fewer left than are needed; none was taken."""

    def __init__(self, *, carrier: str, needed: int) -> None:
        self.carrier = carrier
        super().__init__(
            f"carrier '{carrier}' has fewer than {needed} tracking numbers left in its ranges: ask the carrier for"
            " a new range, add it to the carrier's `ranges` in network.yaml after the old ones, and load that"
            " (pointsman load DIR --network-only)"
        )


class SerialsExhausted(PointsmanError):
    """The range of SSCCs has fewer serial references left than are needed; none was given out."""

    def __init__(self, *, prefix: str, extension: int, needed: int) -> None:
        super().__init__(
            f"fewer than {needed} serial references are left of SSCCs with the extension digit {extension} and the GS1"
            f" company prefix {prefix}: write another `extension`, or a new `gs1_prefix`, under `parcels` in"
            " network.yaml, and load that (pointsman load DIR --network-only)"
        )


class SerialsTaken(PointsmanError):
    """Another network of the server gives out SSCCs, or tracking numbers, of the same range."""

    @classmethod
    def of_ssccs(cls, *, prefix: str, extension: int, network: str) -> "SerialsTaken":
        return cls(
            f"network '{network}' gives out the SSCCs with the extension digit {extension} and the GS1 company prefix"
            f" {prefix}, and no two parcels may have the same: write another `extension` under `parcels` in"
            " network.yaml, and load that (pointsman load DIR --network-only)"
        )

    @classmethod
    def of_numbers(cls, *, carrier: str, network: str, first: int, last: int, asked: tuple[int, int]) -> "SerialsTaken":
        return cls(
            f"carrier '{carrier}' has the range from {asked[0]} to {asked[1]}, but network '{network}' issues the"
            f" tracking numbers from {first} to {last} of the same account, and no two parcels may have the same: give"
            " the carrier a range of its own under `ranges` in network.yaml, and load that"
            " (pointsman load DIR --network-only)"
        )


class NotPackable(PointsmanError):
    """The shipment can't be packed, its packing not be cancelled, its papers not be given, or it can't be handed over,
    as it stands.
    """


class NotLearnt(PointsmanError):
    """Paces of sale can't be learnt from the log; says why, and what to do."""


class Contended(PointsmanError):
    """What the request needs was changed by others at each attempt."""


class Interrupted(PointsmanError):
    """What takes long was ended before it was done, at a place where all of it or nothing has happened to each part."""


class Undecided(PointsmanError):
    """An order of a batch that stopped, because of `failure`, before the order was decided."""

    def __init__(self, failure: PointsmanError) -> None:
        super().__init__(
            f"not decided, because the batch stopped: {public_message(failure)}."
            " Send the batch again with the same key: it goes on here"
        )


def public_message(error: PointsmanError) -> str:
    """What anybody may see of an error: no paths and hosts of the server."""
    return error.message if isinstance(error, StoreUnavailable) else str(error)
