"""The marshmallow shapes of what network.yaml says of parcels and printers."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from api.shapes.base import Strict
from api.shapes.fields import Literal
from engine.errors import NotPrintable
from engine.fulfilment.parcels.sscc import serials_of
from engine.fulfilment.printing.print_job import PAPERS
from engine.fulfilment.printing.printer import Printer
from rules.errors import LiteralInvalid
from rules.syntax import literals

MOST_PACKING_GRAMS = 100_000


class PaperName(fields.String):
    """What people call something, as it stands on papers: at most 60 letters, all of which labels can show."""

    def __init__(self) -> None:
        super().__init__(validate=[validate.Length(min=1, max=60), _is_printable])


def _is_printable(text: str) -> None:
    from engine.fulfilment.labels.letters.printable import printable  # noqa: PLC0415  # reads fonts, for few networks

    try:
        printable(text, "name")
    except NotPrintable as error:
        raise ValidationError([mistake.message for mistake in error.mistakes]) from None


class ParcelsShape(Strict):
    """`gs1_prefix` and `extension` stand at the head of each SSCC."""

    gs1_prefix = fields.String(
        required=True,
        validate=validate.Regexp(
            r"[0-9]{4,12}\Z",
            error="write the GS1 company prefix, 4 to 12 digits with its zeros, in quotation marks",
        ),
    )
    extension = Literal(literals.count, most=9)
    first_serial = Literal(literals.count)
    packing_weight = Literal(literals.weight, most=MOST_PACKING_GRAMS)

    @validates_schema
    def _range_holds_it(self, data: dict[str, Any], **_: Any) -> None:
        most = serials_of(data.get("gs1_prefix", ""))
        if data.get("first_serial", 0) >= most:
            raise ValidationError(
                f"with that company prefix there are the serial references below {most}", "first_serial"
            )


class PrintersShape(fields.Dict):
    """By paper, the printer."""

    def __init__(self, **options: Any) -> None:
        papers = fields.String(validate=validate.OneOf(PAPERS))
        super().__init__(keys=papers, values=fields.String(), **options)

    def _deserialize(self, *given: Any, **more: Any) -> Any:
        printers = super()._deserialize(*given, **more)
        mistakes = {}
        for paper, written in printers.items():
            try:
                Printer.parse(written, paper)
            except LiteralInvalid as error:
                mistakes[paper] = [str(error)]
        if mistakes:
            raise ValidationError(mistakes)
        return printers
