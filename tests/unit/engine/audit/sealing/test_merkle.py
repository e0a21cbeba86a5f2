"""Heads and proofs are those of RFC 9162, and only what proves something is taken for a proof.

tests/data/merkle_proofs.ndjson is https://github.com/transparency-dev/merkle's testdata (Apache-2.0), a case a line.
"""

import base64
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audit.sealing.merkle import (
    EMPTY,
    ProofInvalid,
    complete_root,
    consistency_ranges,
    head,
    inclusion_ranges,
    leaf_hash,
    proof,
    verify_consistency,
    verify_inclusion,
)
from tests.reference import plain_merkle

CASES = [json.loads(line) for line in Path("tests/data/merkle_proofs.ndjson").read_text(encoding="utf-8").splitlines()]
LEAVES = [hashlib.sha256(bytes([number])).digest()[: number % 40] for number in range(200)]


def hashes(subtree):
    start = subtree.number << subtree.height
    return complete_root([leaf_hash(leaf) for leaf in LEAVES[start : start + (1 << subtree.height)]])


def decoded(text):
    return base64.b64decode(text or "")


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_proofs_of_the_public_test_data_are_taken_and_refused_as_it_says(case):
    def verify():
        steps = [decoded(step) for step in case["proof"] or []]
        if case["name"].startswith("inclusion/"):
            leaf, root = decoded(case["leafHash"]), decoded(case["root"])
            verify_inclusion(index=case["leafIdx"], size=case["treeSize"], leaf=leaf, proof=steps, root=root)
        else:
            old_root, root = decoded(case["root1"]), decoded(case["root2"])
            verify_consistency(old=case["size1"], size=case["size2"], old_root=old_root, root=root, proof=steps)

    if case["wantErr"]:
        with pytest.raises(ProofInvalid):
            verify()
    else:
        verify()


def test_a_tree_without_leaves_has_the_hash_of_nothing():
    assert head(hashes, 0) == EMPTY == plain_merkle.head([])


@given(st.integers(1, len(LEAVES)), st.data())
def test_heads_and_proofs_are_those_of_the_standard_and_verify(size, data):
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    leaves, root = LEAVES[:size], plain_merkle.head(LEAVES[:size])
    inclusion, consistency = (
        proof(hashes, ranges) for ranges in (inclusion_ranges(index, size), consistency_ranges(old, size))
    )
    assert head(hashes, size) == root
    assert inclusion == plain_merkle.path(index, leaves)
    assert consistency == plain_merkle.consistency(old, leaves)
    verify_inclusion(index=index, size=size, leaf=leaf_hash(leaves[index]), proof=inclusion, root=root)
    old_root = plain_merkle.head(LEAVES[:old])
    verify_consistency(old=old, size=size, old_root=old_root, root=root, proof=consistency)


@given(st.integers(2, len(LEAVES)), st.data())
def test_no_proof_with_another_bit_size_or_number_verifies(size, data):
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size - 1))
    root, old_root = plain_merkle.head(LEAVES[:size]), plain_merkle.head(LEAVES[:old])
    parts = [leaf_hash(LEAVES[index]), root, *proof(hashes, inclusion_ranges(index, size))]
    flipped = _with_a_bit_flipped(parts, data)
    with pytest.raises(ProofInvalid):
        verify_inclusion(index=index, size=size, leaf=flipped[0], root=flipped[1], proof=flipped[2:])
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != index))
    with pytest.raises(ProofInvalid):
        verify_inclusion(index=other, size=size, leaf=parts[0], root=root, proof=parts[2:])
    parts = [old_root, root, *proof(hashes, consistency_ranges(old, size))]
    flipped = _with_a_bit_flipped(parts, data)
    with pytest.raises(ProofInvalid):
        verify_consistency(old=old, size=size, old_root=flipped[0], root=flipped[1], proof=flipped[2:])


def _with_a_bit_flipped(parts, data):
    at, bit = data.draw(st.integers(0, len(parts) - 1)), data.draw(st.integers(0, 255))
    flipped = bytearray(parts[at])
    flipped[bit // 8] ^= 1 << bit % 8
    return [bytes(flipped) if number == at else part for number, part in enumerate(parts)]


def test_it_agrees_with_pymerkle():
    pymerkle = pytest.importorskip("pymerkle", reason="pymerkle is GPL: install it yourself to compare with it")
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for size, leaf in enumerate(LEAVES, start=1):
        tree.append_entry(leaf)
        assert tree.get_root(size) == head(hashes, size)


@pytest.mark.parametrize("size", [0, 5])
def test_there_is_no_proof_of_what_is_not_there(size):
    with pytest.raises(ValueError, match=f"a tree of {size} leaves has no leaf {size}"):
        inclusion_ranges(size, size)
    with pytest.raises(ValueError, match=f"a tree of {size + 1} leaves is not the beginning of one of {size}"):
        consistency_ranges(size + 1, size)
