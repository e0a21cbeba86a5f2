"""What spreadsheets make of numbers, dates, flags and letters is read as what its author meant, or refused."""

import datetime
import io
import json
import zipfile

import openpyxl
import pytest

from rules.effects import Reserve
from rules.lint.check import check
from rules.loader import load_policies, parse_files
from rules.tables.csv_text import csv_text, read_sheet
from rules.tables.export import table_of
from rules.tables.sheet import MOST_COLUMNS, MOST_LETTERS, MOST_ROWS, Sheet, column_letters
from rules.tables.workbook import read_workbook, write_workbook
from rules.wording.source_text import condition_text
from tests.unit.rules.tables.test_table_reading import findings, head, loaded


def when(text: str | bytes, name: str = "t.csv") -> str:
    """The condition of the only rule, as policies write it."""
    ((_, rule),) = loaded(text, name).rules.items()
    return condition_text(rule.condition)


def french(heading: str, cell: str) -> str:
    return f"policy;p\nhit_policy;collect\nid;{heading};keep;because\na;{cell};1;x\n"


def english(heading: str, cell: str) -> str:
    return f'policy,p\nhit_policy,collect\nid,{heading},keep,because\na,"{cell}",1,x\n'


def workbook(*rows: list[object], **formats: str) -> bytes:
    """A workbook of one sheet; `formats` are number formats by cell."""
    book = openpyxl.Workbook()
    for row in [["policy", "p"], ["hit_policy", "collect"], *rows]:
        book.active.append(row)
    for cell, number_format in formats.items():
        book.active[cell].number_format = number_format
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


@pytest.mark.parametrize(
    ("heading", "cell", "expected"),
    [
        ("product.weight at_least", "2,5 kg", "product.weight: {at_least: 2.5 kg}"),
        ("product.weight", '"between: [1,5 kg, 2,5 kg]"', "product.weight: {between: [1.5 kg, 2.5 kg]}"),
        ("order.placed_at at_least", "03/12/2026", 'order.placed_at: {at_least: "2026-12-03 00:00"}'),
        ("now.date", "3/1/2026", "now.date: 2026-01-03"),
        ("product.attributes.width", "2,5", "product.attributes.width: 2.5"),
    ],
)
def test_a_table_with_semicolons_has_decimal_commas_and_days_first(heading, cell, expected):
    assert when(french(heading, cell)) == expected


def test_effects_have_decimal_commas_too():
    text = "policy;p\nhit_policy;collect\nid;prefer;hold;because\na;4,50;until_shipped;x\n"
    assert next(iter(loaded(text).rules.values())).effects[0].value == 4_500_000


@pytest.mark.parametrize(
    ("heading", "cell", "message"),
    [
        ("stock.on_hand", "2,5", "may be a decimal number or a list"),
        ("now.date", "03/12/2026", "may be one of two days; write 2026-12-03 or 2026-03-12"),
        ("product.sku", "4.00638E+12", "a long number that a spreadsheet has shortened"),
        ("product.sku", "4,00638E+12", "a long number that a spreadsheet has shortened"),
    ],
)
def test_what_may_mean_two_things_is_refused(heading, cell, message):
    (finding,) = findings(english(heading, cell))
    assert finding.startswith("t.csv:4:2  bad-value")
    assert message in finding


def test_a_list_of_numbers_has_blanks_after_its_commas():
    assert when(english("stock.on_hand", "2, 5")) == "stock.on_hand: [2, 5]"


@pytest.mark.parametrize("word", ["TRUE", "VRAI", "true"])
def test_flags_are_read_as_excel_writes_them(word):
    assert when(english("route.late", word).replace("keep", "prefer")) == "route.late: true"
    assert when(english("node.attributes.x", word)) == "node.attributes.x: true"
    text = head("id,exclude,because", f"a,{word},x")
    assert next(iter(loaded(text).rules.values())).effects[0].name == "exclude"


def test_a_word_stays_one():
    assert when(english("order.channel", "VRAI")) == "order.channel: VRAI"
    assert when(french("product.sku", "2,5")) == "product.sku: [2, 5]".replace("2, 5", '"2", "5"')


def test_a_word_in_quotation_marks_is_taken_as_it_stands():
    assert when(french("product.attributes.x", '"""2,5"""')) == 'product.attributes.x: "2,5"'
    assert when(english("product.attributes.x", '""TRUE""')) == 'product.attributes.x: "TRUE"'


@pytest.mark.parametrize(
    "word",
    [
        *map(json.dumps, ["TRUE", "4E+5", "'x'", "null", "12", "a: b", "a, b", "> 3", "[", "*", "x "]),
        *("TRUE", "VRAI", "12", "true", "4E+5"),
    ],
)
def test_words_that_a_spreadsheet_or_yaml_would_take_otherwise_are_exported_as_what_they_are(word):
    rule = f"{{id: r, because: x, when: {{product.attributes.x: {word}}}, then: {{prefer: 1}}}}"
    (parsed,) = parse_files({"p.yaml": f"policy: p\nrules:\n  - {rule}\n".encode()})
    for decimal_comma in (False, True):
        text = csv_text(table_of(parsed.document, decimal_comma=decimal_comma))
        assert loaded(text, "p.csv").policies[0].rules == parsed.policy.rules


def test_a_file_of_windows_is_read_as_such_and_published_as_utf_8():
    text = french("order.region", "Île-de-France").replace(";x", ";Réservé à l'été – 5 €")
    policies = loaded(text.encode("cp1252"))
    assert next(iter(policies.rules.values())).because == {"en": "Réservé à l'été – 5 €"}
    assert policies.version == loaded(text).version


def test_a_byte_order_mark_and_windows_line_ends_make_no_difference():
    text = french("order.region", "Île-de-France")
    marked = loaded(("\ufeff" + text.replace("\n", "\r\n")).encode())
    assert marked.policies == loaded(text).policies


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_wide_encodings_are_refused(encoding):
    assert "not-utf-8" in findings(french("order.region", "x").encode(encoding))[0]


def test_letters_of_no_encoding_are_refused():
    assert "t.csv:4:1  not-utf-8" in findings(french("order.region", "é").encode("cp1252").replace(b"\xe9", b"\x81"))[0]


def test_tabs_separate_as_well():
    assert when(french("stock.on_hand", "4").replace(";", "\t")) == "stock.on_hand: 4"


@pytest.mark.parametrize("cell", ["=1+1", '="00123"'])
def test_a_formula_in_csv_is_refused(cell):
    assert (
        "t.csv:4:2  formula"
        in findings(f"policy;p\nhit_policy;collect\nid;product.sku;keep;because\na;{cell};1;x\n")[0]
    )


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "'=x", "''=x", "-x"])
def test_no_cell_that_is_written_runs_in_a_spreadsheet_and_reading_gives_it_back(cell):
    text = csv_text(Sheet(rows=(("policy", "p"), ("description", cell))))
    assert f"\ndescription,'{cell}".replace(",'=cmd|' /", ",'=cmd|' /") in text
    assert read_sheet("t.csv", text).rows[1][1] == cell


@pytest.mark.parametrize("cell", ["-5", "+3", "4", "-2.5", "it's", "a=b"])
def test_numbers_and_plain_words_are_written_as_they_are(cell):
    text = csv_text(Sheet(rows=(("policy", "p"), ("description", cell))))
    assert text.endswith(f"description,{cell}\n")
    assert read_sheet("t.csv", text).rows[1][1] == cell


def test_cells_of_a_workbook_count_as_they_are_shown():
    content = workbook(
        ["id", "keep", "from", "stock.on_hand at_least", "product.sku", "route.late", "because"],
        ["a", 0.07, datetime.date(2026, 11, 1), 4.0, 123, None, "x"],
        ["b", 3, datetime.datetime.fromisoformat("2026-11-02T08:30"), 12, 4006381333931, None, " y "],
        B4="0.0%",
        E4="00000",
    )
    rules = load_policies({"t.xlsx": content}).rules
    assert rules["p/a"].effects[0].value == Reserve(share=700)
    assert condition_text(rules["p/a"].condition) == (
        'all: [{all: [{stock.on_hand: {at_least: 4}}, {product.sku: "00123"}]}, {from: 2026-11-01}]'
    )
    assert 'product.sku: "4006381333931"' in condition_text(rules["p/b"].condition)
    assert rules["p/b"].because == {"en": "y"}


def test_flags_and_hours_of_a_workbook():
    content = workbook(
        ["id", "route.late", "hours", "prefer", "because"],
        ["a", True, "08:00, 18:00", 4.5, "x"],
        ["b", None, None, 0.1 + 0.2, "x"],
    )
    rules = load_policies({"t.xlsx": content}).rules
    assert condition_text(rules["p/a"].condition) == 'all: [{route.late: true}, {hours: ["08:00", "18:00"]}]'
    assert rules["p/b"].effects[0].value == 300_000


def test_the_text_of_each_sheet_is_what_is_published_and_it_is_read_again_as_the_same_version():
    book = openpyxl.load_workbook(io.BytesIO(workbook(["id", "keep", "because"], ["a", 1, "x"])))
    book.active.title = "shops"
    other = book.copy_worksheet(book.active)
    other.title, other["B1"] = "places", "q"
    book.create_sheet("#notes")["A1"] = "not read"
    book.create_sheet("empty")
    policies = load_policies({"t.xlsx": saved(book)})
    assert set(policies.texts) == {"t.xlsx/shops.csv", "t.xlsx/places.csv"}
    assert policies.texts["t.xlsx/places.csv"] == "policy,q\nhit_policy,collect\nid,keep,because\na,1,x\n"
    again = load_policies({name: text.encode() for name, text in policies.texts.items()})
    assert again.version == policies.version
    assert again.rules == policies.rules


def test_findings_of_a_workbook_name_it_its_row_and_column_and_the_sheet():
    (finding,) = findings(workbook(["id", "node.type", "keep", "because"], ["a", "shop", 1, "x"]), "t.xlsx")
    assert finding.startswith("t.xlsx:4:2  unknown-word  sheet 'Sheet': 'shop' is no value of node.type")


def test_formulas_errors_and_long_numbers_of_a_workbook_are_refused_with_their_cells():
    content = workbook(["id", "product.sku", "keep", "because"], ["a", "=B1", 12345678901234567, "#N/A"])
    assert [line[:27] for line in findings(content, "t.xlsx")] == [
        "t.xlsx:4:2  formula  sheet ",
        "t.xlsx:4:3  bad-cell  sheet",
        "t.xlsx:4:4  bad-cell  sheet",
    ]


def test_merged_cells_are_refused():
    book = openpyxl.load_workbook(io.BytesIO(workbook(["id", "keep", "because"], ["a", 1, "x"], ["b", None, "x"])))
    book.active.merge_cells("B4:B5")
    assert "t.xlsx:4:2  merged-cells  sheet 'Sheet': merged cells B4:B5" in findings(saved(book), "t.xlsx")[0]


@pytest.mark.parametrize("content", [b"", b"PK", b"policy,p\n", b"PK\x03\x04" + b"\0" * 100])
def test_what_is_no_workbook_is_refused(content):
    assert "t.xlsx:1:1  bad-workbook" in findings(content, "t.xlsx")[0]


def test_any_damage_to_a_workbook_is_a_finding():
    content = workbook(["id", "keep", "because"], ["a", 1, "x"])
    for start in range(0, len(content), 97):
        damaged = content[:start] + b"\xff\0\xff" + content[start + 3 :]
        check({"t.xlsx": damaged})


def test_a_workbook_that_unpacks_to_too_much_is_refused_unread():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * (65 << 20))
    assert "file-too-large" in findings(target.getvalue(), "t.xlsx")[0]


def test_an_empty_workbook_is_no_table():
    assert "not-a-table" in findings(saved(openpyxl.Workbook()), "t.xlsx")[0]


def test_a_very_long_wide_or_wordy_table_is_refused():
    rows = [f"r{number},1,x" for number in range(MOST_ROWS)]
    assert "table-too-large" in findings(head("id,keep,because", *rows))[0]
    assert "table-too-large" in findings(head("id,keep,because" + "," * MOST_COLUMNS + "x"))[0]
    assert "t.csv:4:3  table-too-large" in findings(head("id,keep,because", "a,1," + "x" * (MOST_LETTERS + 1)))[0]
    wide = openpyxl.load_workbook(io.BytesIO(workbook(["id"])))
    wide.active.cell(1, MOST_COLUMNS + 1, "x")
    assert "table-too-large" in findings(saved(wide), "t.xlsx")[0]


def test_empty_columns_to_the_right_do_no_harm():
    assert loaded(head("id,keep,because" + "," * 300, "a,1,x" + "," * 300)).rules


def test_what_is_written_to_a_workbook_is_text_and_read_back():
    rows = (("policy", "p"), ("description", "=1+1"), ("id", "0012"), ("a", "2026-11-01"))
    content = write_workbook({"p": Sheet(rows=rows)})
    assert read_workbook("t.xlsx", content)["p"].rows == rows
    assert {cell.data_type for row in openpyxl.load_workbook(io.BytesIO(content)).active for cell in row} == {"s"}


@pytest.mark.parametrize(("column", "letters"), [(1, "A"), (26, "Z"), (27, "AA"), (52, "AZ"), (703, "AAA")])
def test_columns_have_the_names_that_spreadsheets_give_them(column, letters):
    assert column_letters(column) == letters


def test_a_sheet_that_is_there_twice_is_refused():
    content = workbook(["id", "keep", "because"], ["a", 1, "x"])
    files = {"t.xlsx": content, "t.xlsx/Sheet.csv": b"policy,q\nhit_policy,collect\nid,keep,because\nb,1,x\n"}
    assert [finding.code for finding in check(files).findings] == ["duplicate-policy"] * 2
