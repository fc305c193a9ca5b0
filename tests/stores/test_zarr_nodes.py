"""Zarr groups and arrays are opened alike in every store."""

import zipfile

import numpy as np
import pytest
import zarr

from catalog.errors import DocumentError, StoreError
from catalog.stores.fields import open_node
from catalog.stores.nodes import open_zarr
from catalog.stores.parameters import read_parameters
from catalog.stores.url import join, normalise

MATRIX = np.array([[1.0, 0, 5], [0, 2, 6]])
FIELD = np.arange(2 * 8 * 8, dtype="f4").reshape(2, 8, 8)


def write(folder):
    root = zarr.open_group(zarr.storage.LocalStore(folder), mode="w", attributes={"k": "v"})
    root.create_array("parameters/matrix", shape=(2, 3), dtype="f8", chunks=(1, 3))[...] = MATRIX
    field = root.create_array("fields/f", shape=FIELD.shape, dtype="f4", chunks=(1, 4, 4))
    field[...] = FIELD
    sharded = root.create_array(
        "fields/s", shape=FIELD.shape, dtype="f4", chunks=(1, 2, 2), shards=(2, 8, 8)
    )
    sharded[...] = FIELD
    old = zarr.open_group(zarr.storage.LocalStore(folder / "old"), mode="w", zarr_format=2)
    old.create_array("m", shape=(2, 3), dtype="<f4")[...] = MATRIX


@pytest.fixture(params=["local", "s3", "web", "zip", "zip_web", "memory"])
def hierarchy(request, tmp_path, bucket, web_server):
    """URL of a hierarchy; beside it lies another one."""
    kind = request.param
    folder = (bucket.folder if kind == "s3" else tmp_path) / "h#1.zarr"
    write(folder)
    write(folder.parent / "other")
    if kind == "local":
        return normalise(str(folder))
    if kind == "s3":
        return join(bucket.url, folder.name)
    if kind == "web":
        return join(web_server(tmp_path, listing=False).url, folder.name)
    files = [place for place in folder.rglob("*") if place.is_file()]
    if kind == "memory":
        import fsspec

        system = fsspec.filesystem("memory")
        system.store.clear()
        for place in files:
            system.pipe(f"/h/{place.relative_to(folder)}", place.read_bytes())
        return "memory:///h"
    with zipfile.ZipFile(tmp_path / "h.ozx", "w") as archive:
        for place in files:
            archive.write(place, place.relative_to(folder))
    base = normalise(str(tmp_path)) if kind == "zip" else web_server(tmp_path).url
    return f"{base}/h.ozx"


def test_parameters_are_read_from_every_store(hierarchy):
    for path in ("parameters/matrix", "old/m"):
        np.testing.assert_array_equal(read_parameters(hierarchy, path), MATRIX)


def test_fields_are_read_by_boxes_from_every_store(hierarchy):
    for path in ("fields/f", "fields/s"):
        node = open_node(hierarchy, path)
        assert node.url == join(hierarchy, path)
        assert node.array.shape == FIELD.shape
        box = node.array.read((0, 1, 2), (2, 5, 7))
        np.testing.assert_array_equal(box, FIELD[:, 1:5, 2:7])


def test_groups_have_attributes_in_every_store(hierarchy):
    node = open_node(hierarchy, "")
    assert node.attributes == {"k": "v"}
    assert node.zarr_format == 3
    assert node.array is None
    assert open_node(hierarchy, "old").zarr_format == 2


def test_what_is_not_there_is_said_alike(hierarchy):
    assert open_zarr(hierarchy, "absent") is None
    with pytest.raises(StoreError, match="there are no parameters at"):
        read_parameters(hierarchy, "absent")
    with pytest.raises(StoreError, match="there are no parameters at"):
        read_parameters(hierarchy, "fields")
    with pytest.raises(StoreError, match="There is no field at"):
        open_node(hierarchy, "absent/f")


@pytest.mark.parametrize("path", ["../other/parameters/matrix", "fields/../../other", "/etc"])
def test_nothing_outside_of_the_hierarchy_is_opened(hierarchy, path):
    with pytest.raises(StoreError, match=r"outside of the hierarchy|there are no"):
        read_parameters(hierarchy, path)
    if path.startswith(".."):
        with pytest.raises(StoreError, match="outside of the hierarchy"):
            open_node(hierarchy, path)


def test_chunks_larger_than_any_parameters_are_not_decoded(tmp_path):
    zarr.create_array(tmp_path / "a", shape=(3,), dtype="f8", chunks=(10**9,))
    with pytest.raises(DocumentError, match="too many"):
        read_parameters(normalise(str(tmp_path)), "a")


def test_nothing_is_written(hierarchy):
    group = open_zarr(hierarchy, "")
    with pytest.raises((ValueError, StoreError), match="read"):
        group.create_group("new")
