"""How long papers take to draw: labels as PDF and as ZPL, in every alphabet that they have, each with other codes."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from engine.fulfilment.labels.draw import label_pdf, label_zpl
from engine.fulfilment.labels.paper import ParcelLabel
from engine.model.postal_address import PostalAddress

LABELS = 1_000
SENDER = PostalAddress(
    company="Hexagone SA", lines=("12 rue de la Paix",), postcode="75002", town="Paris", country="FR"
)
ADDRESSEES = (
    PostalAddress(
        name="Mme Jeanne Dupont-Lévêque",
        company="Atelier Lumière",
        lines=("Résidence Les Acacias, bât. B, 3e étage", "127 bis avenue du Maréchal de Saxe"),
        postcode="69003",
        town="Lyon",
        country="FR",
        phone="+33 6 12 34 56 78",
    ),
    PostalAddress(
        name="John Smith", lines=("350 5th Ave",), postcode="10118", town="New York", region="NY", country="US"
    ),
    PostalAddress(name="Γεώργιος Παπάς", lines=("Λεωφόρος Σοφίας 25",), postcode="106 74", town="Αθήνα", country="GR"),
    PostalAddress(name="Олена Коваль", lines=("вул. Хрещатик, 22",), postcode="01001", town="Київ", country="UA"),
    PostalAddress(name="Արամ Հակոբյան", lines=("Մաշտոցի պողոտա 45",), postcode="0002", town="Երևան", country="AM"),
    PostalAddress(name="ნინო ბერიძე", lines=("რუსთაველის გამზირი 12",), postcode="0108", town="თბილისი", country="GE"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Of one form of labels: the median of the milliseconds of processor that one takes, the seconds that all of them
    took on the clock, one after another in this process, and their mean size in bytes.
    """

    form: str
    median: float
    seconds: float
    size: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LabellingFigures:
    """`first` is the milliseconds of processor that the first label of a process takes, which reads fonts and imports
    libraries.
    """

    labels: int
    first: float
    drawings: Sequence[Drawing]


def measure(*, labels: int, say: Callable[[str], None]) -> LabellingFigures:
    some = [_label(number) for number in range(labels)]
    say(f"drawing {labels:,} labels")
    before = time.process_time()
    label_pdf(some[0])
    first = time.process_time() - before
    forms = (
        ("PDF", label_pdf),
        ("ZPL, 8 dots a mm", lambda label: label_zpl(label, 8)),
        ("ZPL, 12 dots a mm", lambda label: label_zpl(label, 12)),
    )
    return LabellingFigures(
        labels=labels, first=1_000 * first, drawings=[_drawing(form, draw, some) for form, draw in forms]
    )


def _drawing(form: str, draw: Callable[[ParcelLabel], bytes], labels: Sequence[ParcelLabel]) -> Drawing:
    times, sizes = [], []
    started = time.perf_counter()
    for label in labels:
        before = time.process_time()
        sizes.append(len(draw(label)))
        times.append(time.process_time() - before)
    seconds = time.perf_counter() - started
    return Drawing(form=form, median=1_000 * statistics.median(times), seconds=seconds, size=statistics.mean(sizes))


def _label(number: int) -> ParcelLabel:
    return ParcelLabel(
        sender=SENDER,
        addressee=replace(ADDRESSEES[number % len(ADDRESSEES)]),
        sscc=f"33456789{number:010}",
        carrier="Colissimo",
        service="Express 24h",
        tracking_number=f"6A{number:011}",
        grams=500 + 7 * number,
        number=1 + number % 3,
        of=3,
        order=f"FR-2026-{number:06}",
        packed_on=date(2026, 11, 29),
        qr=f"https://track.example.com/track/6A{number:011}",
        language=("en", "fr")[number % 2],
    )
