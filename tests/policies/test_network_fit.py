"""Every file in `unfit/` and `untestable/` gives exactly the findings listed beside it: policies checked against the
small network, and test files.
"""

from pathlib import Path

import pytest

from api.cli.policy.report import networks_in
from api.files.inventory_folder import load_inventory
from api.files.policy_tests.reader import read_policy_tests
from engine.decide.network_fit import fit
from engine.store.network.serialization import product_values_record
from rules.errors import Finding, PolicyInvalid
from rules.finding_codes import NETWORK_CODES, TEST_CODES
from rules.loader import load_policies
from tests.conftest import SMALL
from tests.support.facts import policies

UNFIT, UNTESTABLE = (Path(__file__).parent / name for name in ("unfit", "untestable"))
HAZMAT = "when: {product.attributes.hazmat: true}, then: {keep: 1}"
UPLOADED = "no-network"
"""The one test file that is read as if it were uploaded, without a directory beside it."""


def unfit(code: str) -> list[Finding]:
    name = f"{code}.yaml"
    unfit_policies, inventory = load_policies({name: (UNFIT / name).read_bytes()}), load_inventory(SMALL)
    result = fit(unfit_policies, inventory.network, product_values_record(inventory.products.values()))
    return sorted([*result.errors, *result.warnings])


def untestable(code: str) -> list[Finding]:
    name = f"{code}_test.yaml"
    open_network = None if code == UPLOADED else networks_in(UNTESTABLE)
    with pytest.raises(PolicyInvalid) as caught:
        read_policy_tests({name: (UNTESTABLE / name).read_bytes()}, policies(HAZMAT), open_network=open_network)
    return list(caught.value.findings)


@pytest.mark.parametrize(
    ("code", "folder", "findings_of"),
    [*((code, UNFIT, unfit) for code in NETWORK_CODES), *((code, UNTESTABLE, untestable) for code in TEST_CODES)],
)
def test_every_code_has_a_bad_file_that_shows_it_and_nothing_else(code, folder, findings_of):
    findings = findings_of(code)
    assert {finding.code for finding in findings} == {code}
    assert [str(finding) for finding in findings] == (folder / f"{code}.expected").read_text("utf-8").splitlines()


def test_every_bad_file_is_named_after_a_code():
    assert {path.stem for path in UNFIT.glob("*.yaml")} == set(NETWORK_CODES)
    assert {path.stem.removesuffix("_test") for path in UNTESTABLE.glob("*.yaml")} == set(TEST_CODES)
