"""What is remembered is never mixed up, and never more than there is room for."""

from hypothesis import given
from hypothesis import strategies as st

from catalog.metadata.memory import Memory
from catalog.metadata.nodes import GroupNode, Note


@given(st.lists(st.integers(0, 30), max_size=200), st.integers(1, 8))
def test_a_memory_is_a_bounded_dict(keys, room):
    memory = Memory[int, str](room)
    last = None
    for key in keys:
        assert memory.recall(key) in (None, str(key))
        memory.keep(key, str(key))
        assert memory.recall(key) == str(key)
        if last is not None and room > 1:
            assert memory.recall(last) == str(last)  # what was kept just before is still there
        last = key
        assert len(memory) <= 2 * room


def test_what_is_asked_for_outlives_what_is_not():
    memory = Memory[int, str](room=4)
    memory.keep(0, "asked for")
    memory.keep(1, "not asked for")
    for key in range(2, 50):
        memory.keep(key, "")
        assert memory.recall(0) == "asked for"
    assert memory.recall(1) is None


def test_room_is_counted_as_keys_weigh():
    memory = Memory[bytes, int](room=100, weigh=len)
    for number in range(50):
        memory.keep(bytes([number]) * 40, number)
    assert len(memory) <= 4


def test_notes_stay_on_their_node():
    node, other = (GroupNode(version="0.6", zarr_format=3, kind="image") for _ in range(2))
    first, second = Note[int](), Note[str]()
    assert first.write(node, 7) == 7
    assert (first.on(node), first.on(other), second.on(node)) == (7, None, None)
    assert node == other
    assert "notes" not in repr(node)
