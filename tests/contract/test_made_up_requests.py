"""The service answers as its description says, whatever is sent: requests that schemathesis makes up, with all of its
checks. One of each operation at random; and by every bound and type of each field those of one operation in fifteen.
`make fuzz` sends all of them.
"""

import re
from types import SimpleNamespace

import pytest

from tests.contract import schemathesis_hooks
from tests.contract.made_up_requests import send
from tests.contract.served import service


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    """A service of its own: whatever is sent to it may change it."""
    with service(tmp_path_factory.mktemp("made_up")) as started:
        yield started


def operations(target, every):
    """The ids of one operation in so many."""
    paths = target.read("/openapi.json")["paths"]
    of_path = ((name, path[name]) for path in paths.values() for name in sorted(path))
    return sorted(its["operationId"] for name, its in of_path if name in METHODS)[::every]


METHODS = ("get", "post", "put", "patch", "delete")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("phases", "examples", "every", "least"),
    [(("examples", "coverage"), 1, 15, 150), (("fuzzing", "stateful"), 1, 1, 100)],
    ids=["by every bound", "at random"],
)
def test_no_request_is_answered_in_a_way_that_is_not_described(target, phases, examples, every, least):
    chosen = operations(target, every) if every > 1 else ()
    done = send(target, target.keys["ADMIN_KEY"], phases, examples=examples, seed=None, operations=chosen)
    assert done.returncode == 0, done.stdout + done.stderr
    generated, passed = re.search(r"(\d+) generated, (\d+) passed", done.stdout).groups()
    assert generated == passed
    assert int(generated) > least
    assert not re.search("[1-9][0-9]* errored", done.stdout)


def refusal(detail, *messages, status=422, kind="input-invalid"):
    problem = {
        "type": f"urn:pointsman:problem:{kind}",
        "detail": detail,
        "errors": [{"message": one} for one in messages],
    }
    failure = type("RejectedPositiveData", (), {})()
    case = SimpleNamespace(operation=SimpleNamespace(label="PUT /v1/stock/{node}/{sku}"))
    return failure, case, SimpleNamespace(status_code=status, json=lambda: problem)


def test_a_refusal_of_what_fits_its_schema_is_right_only_by_a_rule_that_is_named():
    is_failure = schemathesis_hooks.filter_failure
    by_rule, unnamed = "no product goes by the SKU 'X'", "write a note"
    assert not is_failure(None, *refusal("", by_rule))
    assert is_failure(None, *refusal("", by_rule, unnamed))
    assert is_failure(None, *refusal(unnamed))
    assert is_failure(None, *refusal("", by_rule, status=400))
    assert not is_failure(None, *refusal("the policies have 3 errors", kind="policy-invalid"))
