"""EDI that was read is answered: what was taken over is accepted, and what is wrong is told by its segment."""

import contextlib

from tests.support.edi_specimens import INVRPT_D96A

COUNTS = """\
connector: wms
owner: logistics
because: {en: The warehouse reports its stock}
kind: counts
reads: {folder: in, settled: 0s}
format: {edifact: {rows: LIN, messages: INVRPT}}
fields:
  node: {value: lyon}
  sku: {from: LIN.EN.=, words: {"4012345000009": RARE, "4012345000016": COAT}, else: NOSUCH}
  on_hand: QTY.145.0.1
  at: {from: /DTM.137.0.1, date: "203", zone: Europe/Paris}
answers: CONTRL
answer_to: answers
"""


def answers(here):
    folder = here.root / "answers"
    return {path.name: path.read_text() for path in sorted(folder.iterdir())} if folder.is_dir() else {}


def test_what_was_taken_over_is_acknowledged_by_numbers_that_go_on(running):
    here = running(COUNTS)
    counted = INVRPT_D96A.replace(b"0815:203", b"1001:203")
    here.put("1.edi", counted)
    here.put("2.edi", counted.replace(b"REF1", b"REF2"))
    assert here.run().error == ""
    assert (here.on_hand("RARE", "lyon"), here.on_hand("COAT", "lyon")) == (48, 12)
    first, second = answers(here).items()
    assert (first[0], second[0]) == ("CONTRL-1.edi", "CONTRL-2.edi")
    assert "UCI+REF1+4000000000001:14+4000000000002:14+7'UCM+1+INVRPT:D:96A:UN:EAN004+7'" in first[1]
    assert second[1].endswith("UNZ+1+2'")
    assert "UCI+REF2+" in second[1]


def test_a_row_that_is_refused_is_told_by_its_segment_and_nothing_of_its_message_is_taken_over(running):
    here = running(COUNTS)
    before = here.on_hand("RARE", "lyon")
    here.put("1.edi", INVRPT_D96A.replace(b"QTY+145:12:CT", b"QTY+145:many:CT"))
    here.run()
    assert here.on_hand("RARE", "lyon") == before
    assert "UCM+1+INVRPT:D:96A:UN:EAN004+4+18'UCS+11+12'" in answers(here)["CONTRL-1.edi"]


def test_a_row_about_something_that_there_is_not_is_told_by_the_segment_that_begins_it(running):
    here = running(COUNTS)
    here.put("1.edi", INVRPT_D96A.replace(b"4012345000016", b"4012345000023"))
    here.run()
    assert "UCM+1+INVRPT:D:96A:UN:EAN004+4+18'UCS+10+12'" in answers(here)["CONTRL-1.edi"]


def test_a_message_that_did_not_come_whole_is_rejected_and_a_file_that_is_cut_short_has_no_answer(running):
    here = running(COUNTS)
    here.put("1.edi", INVRPT_D96A.replace(b"UNT+12", b"UNT+11"))
    here.put("2.edi", INVRPT_D96A[:-20])
    here.run()
    assert list(answers(here)) == ["CONTRL-1.edi"]
    assert "UCM+1+INVRPT:D:96A:UN:EAN004+4+29'" in answers(here)["CONTRL-1.edi"]


def test_an_answer_that_was_written_when_the_process_died_is_written_again_under_its_number(running, monkeypatch):
    here = running(COUNTS)
    here.put("1.edi", INVRPT_D96A)
    runner = here.runner()

    def dies(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(runner._keeping, "keep", lambda _: None)
    monkeypatch.setattr(runner._source, "put_away", dies)
    real = runner._turn.keep
    monkeypatch.setattr(runner._turn, "keep", lambda step: dies(step) if step.fields.get("over") else real(step))
    with contextlib.suppress(KeyboardInterrupt):
        runner.take_turn()
    first = answers(here)
    here.run()
    assert answers(here) == first
    assert list(first) == ["CONTRL-1.edi"]
