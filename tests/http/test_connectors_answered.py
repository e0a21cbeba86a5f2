"""EDI that is pushed is answered as a file is: in the response, or in the folder that the connector names."""

import threading

import pytest

from engine.store.connectors.answer_store import AnswerStore
from tests.http.test_connectors_whole_messages import EDI, endings, interchange, on_hand
from tests.support.edi_specimens import INVRPT_D96A, counts_by_invrpt

ANSWERED = f'{EDI}answers: "997"\n'
INVRPT = counts_by_invrpt("counter", "{push: key}")
GOOD = interchange([("RARE", 7)])
HALF_BAD = interchange([("RARE", 7)], [("COAT", "many")])


@pytest.fixture
def connector(tmp_path, monkeypatch):
    """Writes the connector's file; answers the folder of what it keeps and answers."""
    monkeypatch.setenv("POINTSMAN_CONNECTORS", str(tmp_path / "connectors"))
    monkeypatch.setenv("POINTSMAN_CONNECTOR_FILES", str(tmp_path / "files"))
    (tmp_path / "connectors").mkdir()

    def write(text):
        (tmp_path / "connectors" / "it.yaml").write_text(text)
        return tmp_path / "files"

    return write


def push(http, body):
    return http.post("/v1/connectors/counter", data=body)


def test_what_was_taken_over_is_acknowledged_in_the_response(http, connector):
    connector(ANSWERED)
    response = push(http, GOOD)
    assert (response.status_code, response.mimetype) == (200, "application/EDI-X12")
    assert response.text.startswith("ISA*00*")
    assert "AK2*846*0001~AK5*A~" in response.text.replace("\n", "")
    assert on_hand(http) == 7


def test_a_message_with_a_bad_row_is_rejected_in_the_response_and_kept(http, connector):
    files = connector(ANSWERED)
    response = push(http, HALF_BAD)
    assert (response.status_code, response.mimetype) == (202, "application/EDI-X12")
    answer = response.text.replace("\n", "")
    assert ("AK2*846*0001~AK5*A~" in answer, "AK2*846*0002~" in answer, "AK5*R" in answer) == (True, True, True)
    assert len([*(files / "counter" / "bad").glob("*.problems.txt")]) == 1


def test_edifact_is_answered_by_a_contrl(http, connector):
    connector(INVRPT)
    response = push(http, INVRPT_D96A.replace(b"0815:203", b"1001:203"))
    assert (response.status_code, response.mimetype) == (200, "application/EDIFACT")
    assert "UCM+1+INVRPT:D:96A:UN:EAN004+7'" in response.text


def test_the_same_interchange_gets_the_same_answer_to_the_byte(http, connector):
    connector(ANSWERED)
    assert push(http, HALF_BAD).data == push(http, HALF_BAD).data
    assert push(http, GOOD).data != push(http, HALF_BAD).data


def test_two_pushes_of_one_interchange_at_once_get_one_number(http, connector, monkeypatch):
    connector(ANSWERED)
    both_asked, next_number = threading.Barrier(2), AnswerStore._next_number

    def waiting(self, partners):
        both_asked.wait(30)  # neither has a number when the other looks
        return next_number(self, partners)

    monkeypatch.setattr(AnswerStore, "_next_number", waiting)
    clients, answers = [http.application.test_client(), http.application.test_client()], []
    headers = {"Authorization": http.environ_base["HTTP_AUTHORIZATION"]}

    def push_it(client):
        answers.append(client.post("/v1/connectors/counter", data=GOOD, headers=headers).data)

    threads = [threading.Thread(target=push_it, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == 2
    assert answers[0] == answers[1]
    assert answers[0].startswith(b"ISA*00*")


def test_what_can_not_be_answered_is_told_as_any_message_is(http, connector, pointsman):
    connector(ANSWERED)
    assert push(http, GOOD[:-20]).get_json()["bad"] == 1
    nameless = GOOD.replace("*ZZ*WMS            *", f"*ZZ*{' ' * 15}*")
    assert endings(push(http, nameless).get_json()) == {"rows": 1, "applied": 1}
    assert "is not answered: the interchange does not say who sent it" in pointsman.connectors.status("counter").error
    push(http, GOOD)
    assert pointsman.connectors.status("counter").error == ""


def test_with_a_folder_for_answers_they_are_written_there(http, connector):
    files = connector(f"{ANSWERED}answer_to: out\n")
    response = push(http, GOOD)
    assert endings(response.get_json()) == {"rows": 1, "applied": 1}
    (answer,) = (files / "out").iterdir()
    assert (answer.name[:16], "AK5*A" in answer.read_text()) == ("counter-997-WMS-", True)


def test_answers_that_can_not_be_written_now_have_the_message_sent_again(http, connector, pointsman):
    files = connector(f"{ANSWERED}answer_to: out\n")
    files.mkdir()
    (files / "out").write_text("no folder")
    response = push(http, GOOD)
    assert (response.status_code, "send it again" in response.get_json()["detail"]) == (503, True)
    assert "can't be written" in pointsman.connectors.status("counter").error
    (files / "out").unlink()
    assert endings(push(http, GOOD).get_json()) == {"rows": 1, "unchanged": 1}
    assert len([*(files / "out").iterdir()]) == 1
    assert (on_hand(http), pointsman.connectors.status("counter").error) == (7, "")


def test_however_many_rows_are_refused_each_message_is_rejected(http, connector, monkeypatch):
    monkeypatch.setattr("api.connectors.running.told_problems.MOST_PROBLEMS", 1)
    connector(ANSWERED)
    answer = push(http, interchange(*[[("COAT", "many")]] * 3)).text.replace("\n", "")
    assert answer.count("AK5*R") == 3


def test_what_can_not_be_kept_is_not_answered_and_is_taken_over_once_when_it_is_sent_again(http, connector):
    files = connector(ANSWERED)
    (files / "counter").mkdir(parents=True)
    (files / "counter" / "bad").write_text("of somebody else")
    response = push(http, HALF_BAD)
    assert (response.status_code, "send it again" in response.get_json()["detail"]) == (503, True)
    assert list((files / "counter").iterdir()) == [files / "counter" / "bad"]
    (files / "counter" / "bad").unlink()
    assert push(http, HALF_BAD).status_code == 202
    assert len([*(files / "counter" / "bad").glob("*.problems.txt")]) == 1
