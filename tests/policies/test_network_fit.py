"""Every file in `unfit/` and `untestable/` gives exactly the findings that stand beside it: policies held against the
small network, and test files.
"""

from pathlib import Path

import pytest

from api.cli.policy_test_report import networks_in
from api.files.inventory_folder import load_inventory
from api.files.policy_tests.reader import read_cases
from engine.decide.network_fit import fit
from engine.store.network.serialization import words_record
from rules.errors import Finding, PolicyInvalid
from rules.finding_codes import NETWORK_CODES, TEST_CODES
from rules.loader import load_policies
from tests.conftest import SMALL
from tests.support.facts import policies

UNFIT, UNTESTABLE = (Path(__file__).parent / name for name in ("unfit", "untestable"))
HAZMAT = "when: {product.attributes.hazmat: true}, then: {keep: 1}"
SENT = "no-network"
"""The one file that is read as if it had been sent, with no directory beside it."""


def unfit(code: str) -> list[Finding]:
    name = f"{code}.yaml"
    read, found = load_policies({name: (UNFIT / name).read_bytes()}), load_inventory(SMALL)
    fits = fit(read, found.network, words_record(found.products.values()))
    return sorted([*fits.errors, *fits.warnings])


def untestable(code: str) -> list[Finding]:
    name = f"{code}_test.yaml"
    open_network = None if code == SENT else networks_in(UNTESTABLE)
    with pytest.raises(PolicyInvalid) as caught:
        read_cases({name: (UNTESTABLE / name).read_bytes()}, policies(HAZMAT), open_network=open_network)
    return list(caught.value.findings)


@pytest.mark.parametrize(
    ("code", "folder", "found"),
    [*((code, UNFIT, unfit) for code in NETWORK_CODES), *((code, UNTESTABLE, untestable) for code in TEST_CODES)],
)
def test_every_code_has_a_bad_file_that_shows_it_and_nothing_else(code, folder, found):
    findings = found(code)
    assert {finding.code for finding in findings} == {code}
    assert [str(finding) for finding in findings] == (folder / f"{code}.expected").read_text("utf-8").splitlines()


def test_every_bad_file_is_of_a_code():
    assert {path.stem for path in UNFIT.glob("*.yaml")} == set(NETWORK_CODES)
    assert {path.stem.removesuffix("_test") for path in UNTESTABLE.glob("*.yaml")} == set(TEST_CODES)
