"""Documents with the same bytes share a node; others never do."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.errors import DocumentError
from catalog.metadata import documents
from catalog.metadata.arrays import read_array
from catalog.metadata.documents import digest_of, read_document, recall
from catalog.metadata.nodes import ArrayNode, GroupNode
from catalog.metadata.read import read_group


def group(**ome):
    attributes = {"ome": {"version": "0.6", **ome}}
    return json.dumps({"zarr_format": 3, "node_type": "group", "attributes": attributes}).encode()


def array(shape, **more):
    document = {"zarr_format": 3, "node_type": "array", "shape": shape, "data_type": "int8", **more}
    return json.dumps(document).encode()


def read(form, data, url="file:///d"):
    return recall(form, data) or read_document(form, data, url)


def test_the_same_bytes_have_one_node_from_the_second_time_on():
    data = group(series=["only", "here"])
    assert recall("zarr.json", data) is None
    first, second, third = (read("zarr.json", bytes(bytearray(data))) for _ in range(3))
    assert first.node == second.node
    assert third.node is second.node
    assert first.digest == third.digest == digest_of(data)
    assert third.node == read_group(json.loads(data)["attributes"], zarr_format=3)


@given(st.lists(st.integers(0, 3), max_size=3), st.sampled_from(["", " ", "\n"]))
def test_arrays_are_read_as_they_stand(shape, space):
    data = array(shape) + space.encode()
    for _ in range(3):
        found = read("zarr.json", data)
        assert found.node_type == "array"
        assert found.node == read_array(json.loads(data), 3)


def test_what_a_document_is_called_counts():
    data = json.dumps({"shape": [2], "dtype": "<u2", "chunks": [1], "labels": ["a"]}).encode()
    for _ in range(3):
        assert isinstance(read(".zarray", data).node, ArrayNode)
        assert isinstance(read(".zattrs", data).node, GroupNode)
        assert read("zarr.json", data)[:2] == (None, None)


def test_a_small_difference_makes_another_document():
    for _ in range(3):
        kept = read("zarr.json", group(scene={"coordinateSystems": [], "x": 1})).node
        other = read("zarr.json", group(scene={"coordinateSystems": [], "x": True})).node
        assert kept.attributes["ome"]["scene"]["x"] is not True
        assert other.attributes["ome"]["scene"]["x"] is True


@pytest.mark.parametrize("data", [b"", b"[]", b'{"node_type": "array"', array("none")])
def test_what_is_broken_is_broken_each_time(data):
    for number in range(4):
        with pytest.raises(DocumentError) as caught:
            read("zarr.json", data, f"file:///d{number}")
        assert caught.value.url in (f"file:///d{number}", "")


def test_only_a_root_with_copies_keeps_its_body():
    body = {"zarr_format": 3, "node_type": "group", "consolidated_metadata": {"metadata": {}}}
    assert read("zarr.json", json.dumps(body).encode()).body == body
    assert read("zarr.json", group(series=[])).body == {}


def test_there_is_room_for_so_many_bytes(monkeypatch):
    known = documents.Memory(10_000, weigh=lambda key: 500 + len(key[1]))
    monkeypatch.setattr(documents, "_KNOWN", known)
    for number in range(200):
        for _ in range(2):
            read("zarr.json", array([number, 77]))
    large = array([1], attributes={"text": "x" * 70_000})
    for _ in range(3):
        assert read("zarr.json", large).node.shape == (1,)
    assert recall("zarr.json", large) is None
    assert 0 < len(known) <= 2 * 10_000 // 500


def test_threads_may_read_the_same_documents():
    data = [array([number, 5]) for number in range(20)] * 20
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda item: read("zarr.json", item).node.shape, data))
    assert found == [(number, 5) for number in range(20)] * 20
