"""Lists that are short in most shops are paged, too: as in one, so page by page."""

import pytest

from api.records.api_keys import KeyListRecord
from api.records.policies import PolicyHistoryRecord, VersionListRecord
from api.records.policy_drafts import DraftListRecord
from api.records.whatif_jobs import WhatIfJobsRecord
from engine.settings import Settings
from engine.store.connection.server import open_server
from tests.support.openapi import mistakes_in
from tests.support.problem_json import fields_of

POLICY = "policy: p{n}\nrules:\n  - {{id: a, because: a reason, then: {{prefer: {n}.00}}}}\n"


@pytest.fixture(scope="module")
def server_url(tmp_path_factory):
    """A server of its own: keys are listed for all networks, so elsewhere there are those of all tests before."""
    with open_server(Settings(data=tmp_path_factory.mktemp("data"))) as server:
        yield server.url


@pytest.fixture
def client(http, pointsman):
    """Five of each."""
    for number in range(1, 6):
        files = {"p.yaml": POLICY.format(n=number)}
        made = http.post("/v1/policies", json={"files": files, "note": f"n{number}"}).get_json()
        assert http.post(f"/v1/policies/{made['version']}/activate", json={}).status_code == 200
        assert http.put(f"/v1/policies/drafts/d{number}", json={"files": files}).status_code == 201
        pointsman.api_keys.create(role="oms", client=f"till {number}", networks=(pointsman.settings.network,))
        asked = http.post("/v1/whatif", json={"drafts": [{"name": "d", "files": files}]})
        assert asked.status_code == 202, asked.text
    return http


@pytest.mark.parametrize(
    ("path", "what", "record"),
    [
        ("/v1/policies", "versions", VersionListRecord),
        ("/v1/policies?last_first=true", "versions", VersionListRecord),
        ("/v1/policies/drafts", "drafts", DraftListRecord),
        ("/v1/policies/history", "changes", PolicyHistoryRecord),
        ("/v1/policies/history", "turns", PolicyHistoryRecord),
        ("/v1/whatif", "whatifs", WhatIfJobsRecord),
        ("/v1/keys", "keys", KeyListRecord),
    ],
)
def test_the_pages_of_a_list_have_all_of_it(client, path, what, record):
    whole = client.get(path).get_json()
    assert whole["next"] is None
    assert len(whole[what]) >= 5
    for limit in (1, 2, 5, 1_000):
        listed, after = [], None
        while True:
            query = {"limit": limit, **({"after": after} if after else {})}
            page = client.get(path + ("&" if "?" in path else "?") + "&".join(f"{k}={v}" for k, v in query.items()))
            assert mistakes_in(client, record, page.get_json()) == []
            assert len(page.get_json()[what]) <= limit
            listed += page.get_json()[what]
            after = page.get_json()["next"]
            if after is None:
                break
        assert listed == whole[what]


@pytest.mark.parametrize(
    "page",
    [
        "policies?after=nothing",
        "policies/history?after=nothing",
        "policies/history?after=1795770000123-0",  # that of an entry of the log
        "policies/history?after=0-1795770000123",
        "whatif?after=nothing",
        "keys?after=nothing",
    ],
)
def test_what_no_page_gave_is_refused(http, page):
    answer = http.get(f"/v1/{page}")
    assert answer.status_code == 422
    assert fields_of(answer.get_json()) == ["after"]


def test_versions_are_listed_last_first_on_request(client):
    first, last = (client.get(f"/v1/policies?last_first={order}").get_json()["versions"] for order in ("false", "true"))
    assert last == first[::-1]
