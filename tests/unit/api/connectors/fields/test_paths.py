"""Each format's paths: what they find, and what is told of one that is not written as they are."""

from decimal import Decimal
from xml.etree.ElementTree import fromstring

import pytest

from api.connectors.fields.found import BadField
from api.connectors.fields.paths import ListPath, Path, path_mistake
from api.connectors.formats.format import FormatOptions

JSON = FormatOptions(format="json")
CSV = FormatOptions(format="csv")
XML = FormatOptions(format="xml", namespaces={"b": "urn:b"})
EDI = FormatOptions(format="edifact")
DOCUMENT = fromstring(
    '<o xmlns:b="urn:b" id="7"><to><zip> 69003 </zip><zip/></to><b:x b:y="9">in b</b:x>'
    '<price type="net">1</price><price type="gross">2</price><empty/><p>a<i>b</i></p></o>'
)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b", Decimal("1.5")),
        ("a.none", None),
        ("a.missing.deeper", None),
        ("sum(list)", Decimal("3.5")),
        ("list[?@ > `1`] | [0]", Decimal("2.5")),
        ('"a key".x', 1),
        ("join('-', names)", "x-y"),
        ("/order", "W-1"),
        ("/shop.id", 4),
        ("/missing", None),
    ],
)
def test_json_is_looked_into_by_jmespath(path, value):
    row = {
        "a": {"b": Decimal("1.5"), "none": None},
        "list": [1, Decimal("2.5")],
        "a key": {"x": 1},
        "names": ["x", "y"],
    }
    assert Path(path, JSON).find([row, {"order": "W-1"}, {"shop": {"id": 4}, "order": "outer"}]) == value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("@id", "7"),
        ("to/zip", "69003"),
        ("b:x", "in b"),
        ("x", "in b"),
        ("b:x/@b:y", "9"),
        ("price[@type='gross']", "2"),
        ("price[2]", "2"),
        ("price", ["1", "2"]),
        ("empty", None),
        ("nothing", None),
        ("nothing/@id", None),
        ("p", "ab"),
        (".", "69003 in b12ab"),
    ],
)
def test_xml_is_looked_into_by_element_paths(path, value):
    assert Path(path, XML).find([DOCUMENT]) == value


def test_a_cell_is_without_the_blanks_around_it_and_an_empty_one_is_not_there():
    assert Path("a", CSV).find([{"a": " x "}]) == "x"
    assert Path("a", CSV).find([{"a": "  "}]) is None
    assert Path("/a", CSV).find([{"a": "x"}]) is None


@pytest.mark.parametrize(
    ("path", "options", "of_list", "mistake"),
    [
        ("a[", JSON, False, "'a[' is no JMESPath"),
        ("", JSON, False, "'' is no JMESPath"),
        ("nosuch(a)", JSON, False, ""),  # it is told when it is looked for
        ("", CSV, False, "write the name of a column"),
        ("rows", CSV, True, "a row of csv has no list in it; join rows by 'group'"),
        ("c:x", XML, False, "`namespaces` does not say which one 'c' is"),
        ("c:x/@d:y", XML, False, "`namespaces` does not say which one 'd' is"),
        ("a//b", XML, False, "'a//b' is no path of elements"),
        ("a[evil()]", XML, False, "is no path of elements"),
        ("a/@b[1]", XML, False, "has no attribute that could be"),
        ("a/@b", XML, True, "is an attribute; a list is one of elements"),
        ("QTY", EDI, False, "is no path into EDI"),
        ("QTY.145", EDI, False, "is no path into EDI"),
        ("qty.145.0", EDI, False, "is no path into EDI"),
        ("QTY.*.=.0", EDI, False, "where * stands for any qualifier, the element is a number"),
        ("QTY.145.0.1[x]", EDI, False, "is no path into EDI"),
        ("/QTY.145.0.1[-1]", EDI, False, ""),
    ],
)
def test_a_path_that_is_written_wrong_is_told(path, options, of_list, mistake):
    found = path_mistake(path, options, of_list=of_list)
    assert mistake in found
    assert bool(mistake) == bool(found)


def test_a_path_that_can_not_be_worked_out_is_told_with_its_row():
    with pytest.raises(BadField, match="this can't be worked out here: Unknown function"):
        Path("nosuch(a)", JSON).find([{"a": 1}])
    with pytest.raises(BadField, match="this can't be worked out here"):
        Path("sum(a)", JSON).find([{"a": "x"}])
    with pytest.raises(BadField, match="a list is expected here"):
        ListPath("a", JSON).find([{"a": "x"}])
