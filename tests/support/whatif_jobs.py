"""What-ifs as jobs of a service: asks for them, and has them run."""

from api.records.whatif_jobs import WhatIfJobRecord
from engine.simulation.job import ENDED
from tests.support.facts import policy_file
from tests.support.openapi import mistakes_in

TIME = {"from": "2020-01-01T00:00:00Z", "to": "2126-01-01T00:00:00Z"}


def files(*rules):
    return {name: text.decode() for name, text in policy_file(*rules).items()}


def asked(client, *drafts, key=None, **more):
    """The id of the job. What is None in `more` is left out."""
    headers = {"Idempotency-Key": key} if key else {}
    body = {name: value for name, value in {"drafts": list(drafts), **TIME, **more}.items() if value is not None}
    answer = client.post("/v1/whatif", json=body, headers=headers)
    assert answer.status_code == 202, answer.get_json()
    assert mistakes_in(client, WhatIfJobRecord, answer.get_json()) == []
    assert answer.headers["Location"] == f"/v1/whatif/{answer.get_json()['id']}"
    return answer.get_json()["id"]


def shown(client, job):
    answer = client.get(f"/v1/whatif/{job}")
    assert mistakes_in(client, WhatIfJobRecord, answer.get_json()) == []
    return answer.get_json()


def ended(turns, client, job):
    """What became of it, once it and those before it have ended."""
    for _ in range(5):
        turns.take_turn()
        if turns._process is not None:
            turns._process.join()
        if turns._stored.get(job).state in ENDED:
            break
    turns.take_turn()
    return shown(client, job)
