"""EDI that was read is answered: what was taken over is accepted, and what is wrong is told by its segment."""

import contextlib
import re

import pytest

from api.connectors.running import told_problems
from api.connectors.running.replaying import replay
from engine.service import Pointsman
from engine.settings import Settings
from tests.conftest import activate, small
from tests.support.connectors import Running
from tests.support.edi_specimens import INVRPT_D96A, counts_by_invrpt

COUNTS = counts_by_invrpt("wms", "{folder: in, settled: 0s}", "answer_to: answers\n")


def answers(here):
    """What was answered, by the name of the file, in the order of the control numbers."""
    folder = here.root / "answers"
    paths = sorted(folder.iterdir(), key=number_of) if folder.is_dir() else []
    return {path.name: path.read_text() for path in paths}


def number_of(path):
    return int(path.stem.rpartition("-")[2])


def answer(here):
    (text,) = answers(here).values()
    return text


def test_what_was_taken_over_is_acknowledged_by_numbers_that_go_on(running):
    here = running(COUNTS)
    counted = INVRPT_D96A.replace(b"0815:203", b"1001:203")
    here.put("1.edi", counted)
    here.put("2.edi", counted.replace(b"REF1", b"REF2"))
    assert here.run().error == ""
    assert (here.on_hand("RARE", "lyon"), here.on_hand("COAT", "lyon")) == (48, 12)
    first, second = answers(here).items()
    number = number_of(here.root / "answers" / first[0])
    names = [f"wms-CONTRL-4000000000001-{each}.edi" for each in (number, number + 1)]
    assert [first[0], second[0]] == names
    assert "UCI+REF1+4000000000001:14+4000000000002:14+7'UCM+1+INVRPT:D:96A:UN:EAN004+7'" in first[1]
    assert second[1].endswith(f"UNZ+1+{number + 1}'")
    assert "UCI+REF2+" in second[1]


def test_a_row_that_is_refused_is_told_by_its_segment_and_nothing_of_its_message_is_taken_over(running):
    here = running(COUNTS)
    before = here.on_hand("RARE", "lyon")
    here.put("1.edi", INVRPT_D96A.replace(b"QTY+145:12:CT", b"QTY+145:many:CT"))
    here.run()
    assert here.on_hand("RARE", "lyon") == before
    assert "UCM+1+INVRPT:D:96A:UN:EAN004+4+18'UCS+11+12'" in answer(here)


def test_a_row_about_something_that_there_is_not_is_told_by_the_segment_that_begins_it(running):
    here = running(COUNTS)
    here.put("1.edi", INVRPT_D96A.replace(b"4012345000016", b"4012345000023"))
    here.run()
    assert "UCM+1+INVRPT:D:96A:UN:EAN004+4+18'UCS+10+12'" in answer(here)


def test_a_message_that_did_not_come_whole_is_rejected_and_a_file_that_is_cut_short_has_no_answer(running):
    here = running(COUNTS)
    here.put("1.edi", INVRPT_D96A.replace(b"UNT+12", b"UNT+11"))
    here.put("2.edi", INVRPT_D96A[:-20])
    here.run()
    assert "UCM+1+INVRPT:D:96A:UN:EAN004+4+29'" in answer(here)


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
    assert len(first) == 1


def take_away(here):
    """The reader of the answers takes those that there are."""
    for path in (here.root / "answers").iterdir():
        path.unlink()


def test_an_interchange_that_comes_again_and_of_which_the_same_is_true_gets_the_same_answer(running):
    here = running(COUNTS)
    here.put("1.edi", INVRPT_D96A.replace(b"4012345000016", b"4012345000023"))
    here.run()
    first = answers(here)
    take_away(here)
    here.pointsman._clock.now += 600
    here.put("2.edi", INVRPT_D96A.replace(b"4012345000016", b"4012345000023"))
    here.run()
    assert answers(here) == first
    here.put("3.edi", INVRPT_D96A.replace(b"4012345000016", b"4012345000023").replace(b"QTY+198:2", b"QTY+198:3"))
    here.run()
    assert len(answers(here)) == 2


ANOTHER_ARTICLE = INVRPT_D96A.replace(b"4012345000016", b"4012345000023")
STATE = re.compile(r"UCM\+[0-9]+\+INVRPT:D:96A:UN:EAN004\+([0-9](?:(?:\+18)?'UCS)?)")


def states(here):
    """What was answered of each message, in the order of the control numbers."""
    return [state for text in answers(here).values() for state in STATE.findall(text)]


@pytest.mark.parametrize(("kept", "bad"), [("row", "7'UCS"), ("file", "4+18'UCS")])
def test_an_interchange_that_comes_again_is_answered_by_what_is_true_by_then(running, kept, bad):
    here = running(COUNTS + f"quarantine: {kept}\n")
    here.put("1.edi", ANOTHER_ARTICLE)
    here.run()
    refused = answers(here)
    here.text = here.text.replace("else: NOSUCH", "else: COAT")
    here.put("2.edi", ANOTHER_ARTICLE)
    assert here.run().ended("bad") == 0
    assert states(here) == [bad, "7"]
    assert answers(here).items() >= refused.items()
    taken = answers(here)
    take_away(here)
    here.put("3.edi", ANOTHER_ARTICLE)
    here.run()
    assert answers(here).items() <= taken.items() - refused.items()
    here.text = here.text.replace("else: COAT", "else: NOSUCH")
    here.put("4.edi", ANOTHER_ARTICLE)
    here.run()
    assert states(here) == ["7", bad]
    assert not answers(here).keys() & refused.keys()


def test_what_a_person_replayed_is_accepted_when_its_interchange_comes_again(running):
    here = running(COUNTS)
    here.put("1.edi", ANOTHER_ARTICLE)
    (message,) = here.run().messages
    here.text = here.text.replace("else: NOSUCH", "else: COAT")
    assert replay(here.pointsman, here.connector, [message.kept], here.root).ended("bad") == 0
    assert states(here) == ["4+18'UCS"]
    here.put("2.edi", ANOTHER_ARTICLE)
    here.run()
    assert states(here) == ["4+18'UCS", "7"]


@pytest.mark.parametrize("step", ["reserve", "keep", "deliver"])
@pytest.mark.parametrize("after", [False, True])
def test_whoever_dies_as_another_answer_is_given_gives_it_later_under_one_number(running, monkeypatch, step, after):
    here = running(COUNTS)
    here.put("1.edi", ANOTHER_ARTICLE)
    here.run()
    here.text = here.text.replace("else: NOSUCH", "else: COAT")
    here.put("2.edi", ANOTHER_ARTICLE)
    runner = here.runner()
    place = runner._answering.delivery if step == "deliver" else runner._answering.store
    real = getattr(place, step)

    def dies(*words, **more):
        if after:
            real(*words, **more)
        raise KeyboardInterrupt

    monkeypatch.setattr(place, step, dies)
    with contextlib.suppress(KeyboardInterrupt):
        runner.take_turn()
    monkeypatch.undo()
    assert here.run().error == ""
    assert states(here) == ["4+18'UCS", "7"]
    first, second = (number_of(here.root / name) for name in answers(here))
    assert second == first + 1


@pytest.fixture
def elsewhere(server_url, network, clock):
    """Another network of the same installation."""
    made = Pointsman(Settings(redis_url=server_url, network=f"{network}-too"), clock=clock)
    made.load(small())
    activate(made)
    yield made
    made.forget()
    made.close()


def test_two_connectors_and_two_networks_answer_into_one_folder_under_numbers_of_their_own(
    running, elsewhere, tmp_path
):
    here = running(COUNTS)
    other = running(COUNTS.replace("connector: wms", "connector: other"))
    names = set()
    for each in (here, other):
        each.put("1.edi", INVRPT_D96A)
        each.run()
        names |= answers(each).keys()
    third = Running(pointsman=elsewhere, root=tmp_path, text=COUNTS, made_at=here.made_at)
    third.put("1.edi", INVRPT_D96A)
    assert third.run().error == ""
    names |= answers(third).keys()
    assert len({name.rpartition("-")[2] for name in names}) == len(names) == len(answers(here)) == 3
    assert len({re.search(r"UNZ\+1\+([0-9]+)", text)[1] for text in answers(here).values()}) == 3


def test_a_number_is_never_used_again_by_who_goes_on_after_a_crash(running, monkeypatch):
    here = running(COUNTS)
    here.put("1.edi", INVRPT_D96A)
    runner = here.runner()

    def dies(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(runner._answering.store, "keep", dies)
    with contextlib.suppress(KeyboardInterrupt):
        runner.take_turn()
    monkeypatch.undo()
    other = running(COUNTS.replace("connector: wms", "connector: other").replace("folder: in", "folder: other"))
    (other.root / "other").mkdir()
    (other.root / "other" / "1.edi").write_bytes(INVRPT_D96A)
    other.run()
    here.run()
    assert [name.partition("-")[0] for name in answers(here)] == ["wms", "other"]


def test_partners_of_one_connector_have_numbers_and_files_of_their_own(running):
    here = running(COUNTS)
    for name in (b"4000000000001", b"SECOND", b"THIRD"):
        here.put(f"{name.decode()}.edi", INVRPT_D96A.replace(b"UNB+UNOC:3+4000000000001", b"UNB+UNOC:3+" + name))
    assert here.run().error == ""
    assert {name.split("-")[2] for name in answers(here)} == {"4000000000001", "SECOND", "THIRD"}


def messages(*articles):
    """An interchange with a message for each of these."""
    begin, _, rest = INVRPT_D96A.partition(b"UNH+1")
    message, _, _ = (b"UNH+1" + rest).partition(b"UNZ")
    bodies = [
        message.replace(b"UNH+1", b"UNH+%d" % number)
        .replace(b"UNT+12+1", b"UNT+12+%d" % number)
        .replace(b"4012345000016", article)
        for number, article in enumerate(articles, start=1)
    ]
    return begin + b"".join(bodies) + b"UNZ+%d+REF1'" % len(bodies)


def test_however_many_messages_are_refused_each_is_rejected(running, monkeypatch):
    monkeypatch.setattr(told_problems, "MOST_PROBLEMS", 2)
    here = running(COUNTS)
    here.put("1.edi", messages(*[b"4012345000023"] * 4, b"4012345000016"))
    (message,) = here.run().messages
    assert (message.endings["bad"], len(message.problems)) == (4, 2)
    states = re.findall(r"UCM\+[0-9]+\+INVRPT:D:96A:UN:EAN004\+([0-9](?:\+18)?)", answer(here))
    assert states == ["4+18", "4+18", "4+18", "4+18", "7"]
    assert "and more rows" in next((here.inbox / "bad").glob("*.txt")).read_text()


def test_what_is_taken_over_by_replay_is_not_answered_again(running):
    here = running(COUNTS)
    here.put("1.edi", INVRPT_D96A.replace(b"4012345000016", b"4012345000023").replace(b"0815:203", b"1001:203"))
    (message,) = here.run().messages
    first = answers(here)
    here.text = here.text.replace("else: NOSUCH", "else: COAT")
    report = replay(here.pointsman, here.connector, [message.kept], here.root)
    assert (report.error, report.ended("applied"), here.on_hand("COAT", "lyon")) == ("", 1, 12)
    assert answers(here) == first


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b"+4000000000001:14+4000000000002:14+261127:0830+REF1'", b"'", "does not say who sent it and to whom"),
        (b"+4000000000001:14+", b"++", "does not say who sent it and to whom"),
        (b"UNZ+1+REF1", b"UNZ+1+R\x01", "a line end or another control character"),
    ],
)
def test_an_interchange_that_can_not_be_answered_is_told_and_keeps_no_file_behind_it_back(running, old, new, why):
    here = running(COUNTS)
    counted = INVRPT_D96A.replace(b"0815:203", b"1001:203")
    bad = counted.replace(old, new)
    here.put("1.edi", bad.replace(b"0830+REF1'", b"0830+R\x01'") if b"\x01" in new else bad)
    here.put("2.edi", counted)
    report = here.run()
    assert [message.name for message in report.messages] == ["1.edi", "2.edi"]
    assert why in report.error
    assert "1.edi was read, and is not answered" in here.pointsman.connectors.status("wms").error
    assert len(answers(here)) == 1
    assert here.run().messages == []


def test_an_answer_is_written_over_no_file_that_has_its_name(running):
    here = running(COUNTS)
    here.put("1.edi", INVRPT_D96A)
    here.run()
    (name,) = answers(here)
    other = (
        here.root / "answers" / name.replace(f"-{number_of(here.root / name)}.", f"-{number_of(here.root / name) + 1}.")
    )
    other.write_text("of somebody else")
    here.put("2.edi", INVRPT_D96A.replace(b"REF1", b"REF2"))
    assert other.name in here.run().error
    assert other.read_text() == "of somebody else"


def test_two_partners_have_one_series_of_numbers_whoever_of_them_sends(running):
    here = running(COUNTS)
    between = b"4000000000001:14+4000000000002:14"
    for name, parties in (("1.edi", b"EAST:14+WEST:14"), ("2.edi", b"WEST:14+EAST:14")):
        here.put(name, INVRPT_D96A.replace(between, parties))
    assert here.run().error == ""
    first, second = (number_of(here.root / name) for name in answers(here))
    assert second == first + 1


def test_a_message_with_a_wrong_count_keeps_back_no_other_of_its_interchange(running):
    here = running(COUNTS)
    counted = messages(b"4012345000016", b"4012345000016").replace(b"0815:203", b"1001:203")
    here.put("1.edi", counted.replace(b"UNT+12+1'", b"UNT+11+1'"))
    here.run()
    assert re.findall(r"UCM\+[0-9]\+INVRPT:D:96A:UN:EAN004\+([0-9])", answer(here)) == ["4", "7"]
    assert here.on_hand("RARE", "lyon") == 48


def test_of_two_who_answer_at_once_and_tell_different_things_each_has_its_answer(pointsman):
    store = pointsman.connectors.answers

    def reserved(outcome):
        return store.reserve("wms", "digest", outcome=outcome, partners="a b", now=pointsman.now, seconds=60)

    refused, taken = reserved("refused"), reserved("taken over")
    assert taken.number == refused.number + 1
    assert store.keep("wms", "digest", refused, b"rejected", seconds=60) == b"rejected"
    assert store.keep("wms", "digest", taken, b"accepted", seconds=60) == b"accepted"
    assert store.keep("wms", "digest", taken, b"too late", seconds=60) == b"accepted"
    again = reserved("taken over")
    assert (again.number, again.body) == (taken.number, b"accepted")
    assert reserved("refused").number == taken.number + 1


def with_bad_lines(bad):
    """A message of which so many lines are bad."""
    begin, lines = INVRPT_D96A.partition(b"LIN+1")[0], b"LIN+1++4012345000009:EN'QTY+145:many:CT'" * bad
    count = begin.partition(b"UNH")[2].count(b"'") + 1 + 2 * bad
    return begin + lines + b"UNT+%d+1'UNZ+1+REF1'" % count


@pytest.mark.parametrize("place", ["formats.edi.acknowledgements", "running.answering"])
def test_of_a_message_so_many_segments_in_error_are_told_as_an_answer_may_have(running, monkeypatch, place):
    monkeypatch.setattr(f"api.connectors.{place}.MOST_IN_ERROR", 3)
    here = running(COUNTS + "quarantine: row\n")
    for name, bad in (("1.edi", 10), ("2.edi", 3)):
        here.put(name, with_bad_lines(bad))
    monkeypatch.setattr(told_problems, "MOST_PROBLEMS", 2)
    here.run()
    first, second = answers(here).values()
    assert (first.count("UCS+"), second.count("UCS+")) == (3, 3)
    assert "UCM+1+INVRPT:D:96A:UN:EAN004+7'" in first
