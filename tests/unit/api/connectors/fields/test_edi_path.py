"""Qualifier paths: segment, qualifier, element and component."""

import pytest

from api.connectors.fields.edi_path import edi_path, segment_of
from api.connectors.formats.edi.groups import EdiGroup
from api.connectors.formats.edi.segments import Segment


def group(*texts: str) -> EdiGroup:
    segments = []
    for number, text in enumerate(texts, start=1):
        tag, *elements = text.split("+")
        segments.append(Segment(tag=tag, elements=[item.split(":") for item in elements], number=number, text=text))
    return EdiGroup(segments=segments)


GROUP = group(
    "LIN+1++4012345000009:EN",
    "PIA+1+SHIRT:SA+990:IN",
    "QTY+145:48:PCE",
    "QTY+12:7",
    "RFF+ON:A",
    "RFF+ON:B",
    "PO1+1+2+EA++VN+X",
)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("QTY.145.0.1", "48"),
        ("QTY.145.0.2", "PCE"),
        ("QTY.145.0", "145"),
        ("QTY.12.0.2", None),
        ("QTY.21.0.1", None),
        ("LIN.*.2.0", "4012345000009"),
        ("LIN.*.2", "4012345000009"),
        ("LIN.*.1", None),
        ("LIN.*.9", None),
        ("LIN.EN.=.0", "4012345000009"),
        ("PIA.SA.=", "SHIRT"),
        ("PIA.IN.=.0", "990"),
        ("PIA.XX.=", None),
        ("PO1.VN.+1", "X"),
        ("PO1.VN.+2", None),
        ("RFF.ON.0.1", ["A", "B"]),
        ("RFF.ON.0.1[0]", "A"),
        ("RFF.ON.0.1[-1]", "B"),
        ("RFF.ON.0.1[2]", None),
        ("RFF.ON.0.1[]", ["A", "B"]),
        ("RFF.VN.0.1[]", None),
    ],
)
def test_a_path_finds_the_component_that_it_names(path, value):
    assert edi_path(path)(GROUP) == value


@pytest.mark.parametrize(
    ("path", "number"), [("QTY.12.0.1", 4), ("QTY.*.0.1", 3), ("/RFF.ON.0.1", 5), ("NAD.BY.1", 1), ("$row", 1)]
)
def test_the_segment_that_a_path_is_about_is_known_or_else_the_first(path, number):
    assert segment_of(GROUP, path).number == number
