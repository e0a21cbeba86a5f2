"""What npm installs is named whole in the lock, without the address of a registry, and may be used freely."""

import json
from pathlib import Path

LOCK = json.loads(Path("tests/contract/package-lock.json").read_text(encoding="utf-8"))
PERMISSIVE = {
    *("MIT", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "BlueOak-1.0.0", "Python-2.0", "Unlicense"),
    "(MIT OR CC0-1.0)",
    "BSD-0-Clause",  # as htmx calls 0BSD
}


def test_each_package_has_its_hash_and_no_address_so_that_any_registry_will_do():
    packages = {name: package for name, package in LOCK["packages"].items() if name}
    assert len(packages) > 100
    assert [name for name, package in packages.items() if "integrity" not in package or "resolved" in package] == []


def test_the_licence_of_each_package_is_permissive():
    licences = {name: package.get("license") for name, package in LOCK["packages"].items() if name}
    assert licences.pop("node_modules/reserved") is None  # MIT, by its file LICENSE-MIT; it says so in an older form
    # about changes of its own files; it looks at pages in tests, and nothing of it is shipped
    assert licences.pop("node_modules/axe-core") == "MPL-2.0"
    assert set(licences.values()) <= PERMISSIVE


def test_the_lock_is_that_of_the_packages_asked_for():
    asked = json.loads(Path("tests/contract/package.json").read_text(encoding="utf-8"))
    assert LOCK["packages"][""]["devDependencies"] == asked["devDependencies"]
