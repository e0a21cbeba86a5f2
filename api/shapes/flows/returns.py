"""Requests about returns, checked in shape and read into the engine's values."""

from typing import Any

from marshmallow import fields, post_load, validate

from api.shapes.base import Strict
from api.shapes.cursors import OrdersCursor
from api.shapes.fields import Flag, Instant, Note, QueryNumber, SentUnits, TrueOrFalse, WholeNumber, Word
from api.shapes.fulfilment.paper_fields import paper_format_field, paper_language_field
from api.shapes.language import language_field
from api.shapes.limits import MOST_RETURNS, MOST_UNITS
from api.shapes.line_units import LineUnits
from engine.fulfilment.parcels.pack_request import MOST_PARCEL_GRAMS
from engine.returns.return_list import ReturnFilter
from engine.returns.return_state import STATES
from rules.vocabulary import DISPOSITIONS

MOST_LINES = 1_000
"""Of one return, and groups of units of one request."""
_NAME_ONE = "name at least one"


class ReturnLineRequest(Strict):
    """Units of a line of the order, by its id or SKU, and why they come back if not for the reason of the return."""

    line = Word(required=True)
    quantity = SentUnits(required=True)
    reason = Word(load_default=None)


class OpenReturnRequest(Strict):
    """Which units of the order may come back, and why: a reason of the network file. `because` says why they may though
    the time for returns is over. The same `id` or `op` again is answered the same.
    """

    id = Word(load_default="", metadata={"description": "of the return (RMA); made up if it is left out"})
    order = Word(required=True)
    lines = fields.List(
        fields.Nested(ReturnLineRequest),
        required=True,
        validate=validate.Length(min=1, max=MOST_LINES, error=_NAME_ONE),
    )
    reason = Word(load_default=None)
    because = Note(load_default="")
    op = Word(load_default=None)


class ReceiveReturnRequest(Strict):
    """What arrived at which node: units by line (or SKU) of the return, more units of a line than were authorised
    (`extra`), and units by SKU that it is not about (`others`). `complete`: nothing more is to come, and what is
    missing is not waited for.
    """

    node = Word(required=True)
    lines = LineUnits(empty=_NAME_ONE)
    extra = LineUnits(empty=_NAME_ONE, description="units by line, or by SKU, beyond those authorised")
    others = LineUnits(empty=_NAME_ONE, description="units by SKU of other articles")
    complete = TrueOrFalse(load_default=False)
    op = Word(load_default=None)


class InspectedGroupRequest(Strict):
    """So many units of a group, or all of them, are of this grade; without a group, all that have none yet. `restock`
    false: they may not be sold as they are, whatever the grade says.
    """

    group = WholeNumber(1, MOST_UNITS, load_default=None)
    quantity = SentUnits(load_default=None)
    grade = Word(required=True)
    restock = TrueOrFalse(load_default=None)


class InspectReturnRequest(Strict):
    """What was found out of which units."""

    groups = fields.List(
        fields.Nested(InspectedGroupRequest),
        required=True,
        validate=validate.Length(min=1, max=MOST_LINES, error=_NAME_ONE),
    )
    op = Word(load_default=None)


class DisposedGroupRequest(Strict):
    """What becomes of so many units of a group, or of all of them; without a group, of all that have a grade. Without a
    disposition, what the rules say.
    """

    group = WholeNumber(1, MOST_UNITS, load_default=None)
    quantity = SentUnits(load_default=None)
    disposition = fields.String(load_default=None, validate=validate.OneOf(DISPOSITIONS))
    as_sku = Word(load_default=None, metadata={"description": "the article that they are sold as, if another"})
    place = Word(
        load_default=None, metadata={"description": "the node at which they are restocked, if not where they gain most"}
    )


class DisposeReturnRequest(Strict):
    """What becomes of which units; and units by line that were to come and that their customer keeps. `because` says
    why, where that is not what the rules say.
    """

    groups = fields.List(
        fields.Nested(DisposedGroupRequest),
        load_default=list,
        validate=validate.Length(min=1, max=MOST_LINES, error=_NAME_ONE),
    )
    kept = LineUnits(empty=_NAME_ONE, description="units by line, or by SKU, that the customer keeps")
    because = Note(load_default="")
    op = Word(load_default=None)


class DisposeQuery(Strict):
    """In which language the reasons are said, and whether anything is to change."""

    lang = language_field("reasons")
    dry_run = Flag(load_default=False, metadata={"description": "say what would become of them, but change nothing"})


class MakeReturnLabelRequest(Strict):
    """The label goes to `node`, or where the goods left. With `print_at`, that node prints a copy, once. Without
    `weight_g`, the parcel weighs what the articles do that are to come. A return that has one is answered with that.
    """

    node = Word(load_default=None)
    weight_g = WholeNumber(1, MOST_PARCEL_GRAMS, load_default=None, metadata={"description": "gross, in grams"})
    print_at = Word(load_default=None, metadata={"description": "the node that prints a copy"})
    op = Word(load_default=None)


class ReturnLabelQuery(Strict):
    format = paper_format_field()
    lang = paper_language_field("without, that of the country where the customer lives")


class CancelReturnRequest(Strict):
    """The same `op` again is answered the same."""

    op = Word(load_default=None)


class ReturnsQuery(Strict):
    """Which returns, and after which one: without, the newest."""

    state = fields.String(
        load_default=None,
        validate=validate.OneOf(STATES),
        metadata={"description": "only returns that stand so; expired are those that never came"},
    )
    order = Word(load_default=None)
    node = Word(load_default=None, metadata={"description": "at which units of it were received"})
    sku = Word(load_default=None)
    reason = Word(load_default=None)
    opened_after = Instant(load_default=None)
    limit = QueryNumber(1, MOST_RETURNS, load_default=100)
    after = OrdersCursor(load_default=None, metadata={"description": "`next` of the page before"})

    @post_load
    def _filtered(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        paging = {"limit": data.pop("limit"), "after": data.pop("after")}
        return {"filtered": ReturnFilter(**data), **paging}
