"""What a target repeats of records is told without whom and where they go to, and with the ids of orders."""

import pytest

from api.connectors.sending.personal_texts import without_personal_texts

RECORD = {
    "order": "75011",
    "decision": "d-1",
    "shipment": "d-1/0",
    "tags": ["vip-jean", "75011"],
    "addressee": {"name": "Li Wu", "company": "Aé de la Tour", "town": "Paris", "country": "FR"},
    "destination": {"country": "FR", "postcode": "75011"},
}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("tag vip-jean is unknown", "tag … is unknown"),
        ('{"tag": "VIP-Jean"}', '{"tag": "…"}'),
        ("Wu is too short, and so is Li", "… is too short, and so is …"),
        ("Li Wu, LI WU", "…, …"),
        ("A\\u00e9 is unknown", "… is unknown"),
        ("he would want the word la, wu or de in it", "he would want the word la, wu or de in it"),
        ("order 75011 refused", "order 75011 refused"),
        ("'75011' refused, \"75011\" refused", "'75011' refused, \"75011\" refused"),
        ("shipment d-1/0 in FR, not in PARIS", "shipment d-1/0 in FR, not in …"),
    ],
)
def test_what_a_target_answers_is_told_without_what_is_personal(answer, told):
    assert without_personal_texts(answer, [RECORD]) == told


def test_a_postcode_that_is_no_id_of_a_record_is_left_out():
    record = {**RECORD, "order": "W-1", "tags": []}
    assert without_personal_texts("order W-1 to 75011", [record]) == "order W-1 to …"


def test_a_name_of_two_letters_of_another_script_is_left_out():
    assert without_personal_texts("收件人 李伟 refused", [{"addressee": {"name": "李伟"}}]) == "收件人 … refused"
