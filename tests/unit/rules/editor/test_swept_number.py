"""Numbers that are tried in the place of one that a rule has."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.editor.swept_number import Sweep, SweepMistake, written_number
from rules.loader import load_policies

TEXT = """\
# Of carbon, and of what comes late: 0.25
policy: green
rules:
  - id: first
    because: {en: It counts, fr: Cela compte}  # 0.25
    when: {order.units: 1}
    then: {carbon_price: 0.25, priority: 25} # a price
  - id: second
    because: Nobody waits.
    then:
      prefer: "1.50 EUR"
      hold: 2 h
"""
FILES = {"green.yaml": TEXT.encode(), "other.yaml": b"policy: other\nrules: []\n"}


def sweep(text):
    return Sweep.of(text)


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        ("0..0.5:0.25", ["0.00", "0.25", "0.50"]),
        ("0..1:0.4", ["0.0", "0.4", "0.8"]),
        ("-1..1:1", ["-1", "0", "1"]),
        ("3..3:1", ["3"]),
        ("1,2.5,1", ["1", "2.5"]),
    ],
)
def test_a_range_has_each_step_up_to_its_end_and_a_list_each_number_once(written, numbers):
    assert [str(number) for number in sweep(f"green/first.carbon_price={written}").numbers] == numbers


@pytest.mark.parametrize(
    ("written", "mistake"),
    [
        ("green/first", "is no sweep; write one as POLICY/RULE.EFFECT=FROM..TO:STEP"),
        ("first.carbon_price=0..1:1", "is no sweep"),
        ("green/first.carbon_price=0..1", "is no sweep"),
        ("green/first.carbon_price=0..1:0", "by a step above 0"),
        ("green/first.carbon_price=1..0:0.1", "from the lower number to the higher one"),
        ("green/first.carbon_price=0..1:0.01", "has 101 numbers; at most 50"),
        ("green/first.carbon_price=" + ",".join(map(str, range(51))), "has 51 numbers; at most 50"),
        ("green/frist.carbon_price=1", "names green/frist, which is no rule of the draft; did you mean green/first?"),
        ("blue/nothing.prefer=1", "which is no rule of the draft"),
        ("green/first.prefer=1", "names the effect prefer, which green/first does not have"),
        ("green/second.because=1", "names the effect because"),
    ],
)
def test_what_is_no_sweep_of_the_draft_is_said(written, mistake):
    with pytest.raises(SweepMistake, match=mistake.replace("?", r"\?")):
        written_number(FILES, sweep(written)).replaced_by(Decimal(1))


@pytest.mark.parametrize("written", ["4711-B", "2026-01-01", "0.5e3", "1..2", "true"])
def test_a_word_that_only_begins_with_a_number_is_not_swept(written):
    files = {"p.yaml": f"policy: p\nrules: [{{id: r, because: x, then: {{as_sku: {written}}}}}]\n".encode()}
    with pytest.raises(SweepMistake, match=f"no number there but '{written}'"):
        written_number(files, sweep("p/r.as_sku=1")).replaced_by(Decimal(1))


def test_a_small_number_is_written_out():
    step = sweep("green/first.carbon_price=0..0.0000002:0.0000001")
    assert [step.name(number).rpartition("=")[2] for number in step.numbers] == ["0.0000000", "0.0000001", "0.0000002"]
    assert b"carbon_price: 0.0000001," in written_number(FILES, step).replaced_by(step.numbers[1])["green.yaml"]


def test_an_effect_without_a_number_and_a_row_of_a_table_can_not_be_swept():
    files = {"p.yaml": b"policy: p\nrules: [{id: r, because: x, then: {exclude: true}}]\n"}
    with pytest.raises(SweepMistake, match="names exclude, which is no number there but 'true'"):
        written_number(files, sweep("p/r.exclude=1")).replaced_by(Decimal(1))
    table = {"safety-stock.csv": Path("policies/safety-stock.csv").read_bytes()}
    with pytest.raises(SweepMistake, match="names safety-stock/warehouse-reserve, a row of a table"):
        written_number(table, sweep("safety-stock/warehouse-reserve.keep=1")).replaced_by(Decimal(1))


@given(number=st.decimals(-99, 99, places=2))
@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        ("green/first.carbon_price", "carbon_price: 0.25", "carbon_price: {}"),
        ("green/first.priority", "priority: 25", "priority: {}"),
        ("green/second.prefer", '"1.50 EUR"', '"{} EUR"'),
        ("green/second.hold", "hold: 2 h", "hold: {} h"),
    ],
)
def test_the_number_alone_changes_in_the_text(rule, before, after, number):
    files = written_number(FILES, sweep(f"{rule}=1")).replaced_by(number)
    assert files == {**FILES, "green.yaml": TEXT.replace(before, after.format(number)).encode()}


def test_lines_that_end_as_on_windows_are_counted_alike():
    text = TEXT.replace("\n", "\r\n").encode()
    files = written_number({"green.yaml": text}, sweep("green/first.carbon_price=1")).replaced_by(Decimal("0.5"))
    (policy,) = load_policies(files).policies
    assert files["green.yaml"] == text.replace(b"carbon_price: 0.25", b"carbon_price: 0.5")
    assert len(policy.rules) == 2
