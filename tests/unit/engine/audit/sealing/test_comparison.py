"""Whatever was done to entries after they were sealed is named."""

from hypothesis import given
from hypothesis import strategies as st

from engine.audit.sealing.checkpoint import Checkpoint
from engine.audit.sealing.comparison import compare_checkpoints, compare_entries
from engine.audit.sealing.leaf import leaf_of

LEAVES = [leaf_of(b"%d-0" % number, {b"at": b"%d" % number}) for number in range(10, 30)]


def found(entries, first=0):
    return [(finding.kind, finding.entry) for finding in compare_entries(entries, LEAVES[first:], first=first)]


def test_entries_as_they_were_sealed_have_no_findings():
    assert found(LEAVES) == []


def test_each_way_to_tamper_has_its_name():
    other = leaf_of(b"13-0", {b"at": b"another"})
    new = leaf_of(b"13-1", {})
    assert found([*LEAVES[:3], other, *LEAVES[4:]]) == [("altered", "13-0")]
    assert found([*LEAVES[:3], *LEAVES[4:]]) == [("deleted", "13-0")]
    assert found(LEAVES[:-1]) == [("deleted", "29-0")]
    assert found([*LEAVES[:4], new, *LEAVES[4:]]) == [("inserted", "13-1")]
    assert found([*LEAVES[:4], LEAVES[0], *LEAVES[4:]]) == [("inserted", "10-0")]
    assert found([*LEAVES[:3], LEAVES[4], LEAVES[3], *LEAVES[5:]]) == [("out_of_order", "13-0")]
    assert [str(one) for one in compare_entries([other], LEAVES[3:4], first=3)] == [
        "entry 13-0 was altered: it is not what was sealed as number 3"
    ]


@given(st.permutations(LEAVES), st.integers(0, len(LEAVES)))
def test_only_the_entries_in_their_order_are_without_findings(entries, count):
    assert (found(entries[:count]) == []) == (entries[:count] == LEAVES)


def test_another_checkpoint_is_compared_with_the_tree():
    tree = Checkpoint(origin="log", size=20, root=b"a" * 32)
    heads = {20: b"a" * 32, 10: b"b" * 32}

    def kinds(**known):
        return [one.kind for one in compare_checkpoints(Checkpoint(**known), tree, heads.__getitem__)]

    assert kinds(origin="log", size=20, root=b"a" * 32) == kinds(origin="log", size=10, root=b"b" * 32) == []
    assert kinds(origin="log", size=10, root=b"a" * 32) == ["other_history"]
    assert kinds(origin="log", size=21, root=b"a" * 32) == ["log_shorter"]
    assert kinds(origin="other", size=20, root=b"a" * 32) == ["other_log"]
    nothing = Checkpoint(origin="", size=0)
    assert [one.kind for one in compare_checkpoints(tree, nothing, heads.__getitem__)] == ["log_shorter"]
