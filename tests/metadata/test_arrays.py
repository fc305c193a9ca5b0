from __future__ import annotations

from typing import Any

import pytest

from catalog.errors import DocumentError
from catalog.metadata.arrays import read_array
from catalog.metadata.nodes import ArrayNode


def v3(**changes: object) -> dict[str, Any]:
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": [4, 6],
        "data_type": "uint16",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 3]}},
        "codecs": [{"name": "a-codec-that-nobody-has"}],
        "attributes": {"a": 1},
        **changes,
    }


def test_v3() -> None:
    assert read_array(v3(dimension_names=["y", None]), 3) == ArrayNode(
        shape=(4, 6),
        dtype="uint16",
        chunks=(2, 3),
        dimension_names=("y", None),
        zarr_format=3,
        attributes={"a": 1},
    )


@pytest.mark.parametrize(
    ("data_type", "dtype"),
    [
        ("float32", "float32"),
        ({"name": "numpy.datetime64", "configuration": {"unit": "s"}}, "numpy.datetime64"),
        ({"configuration": {}}, "unknown"),
        (None, "unknown"),
    ],
)
def test_v3_data_types(data_type: object, dtype: str) -> None:
    assert read_array(v3(data_type=data_type), 3).dtype == dtype


@pytest.mark.parametrize(
    ("written", "dtype"),
    [
        ("<u2", "uint16"),
        (">u2", "uint16"),
        ("|u1", "uint8"),
        ("|b1", "bool"),
        ("<i8", "int64"),
        ("<f4", "float32"),
        ("<c16", "complex128"),
        ("|O", "object"),
        ("<M8[ns]", "M8[ns]"),
        ("<U10", "U10"),
        ([["a", "<u2"]], "structured"),
        (None, "unknown"),
    ],
)
def test_v2_data_types(written: object, dtype: str) -> None:
    assert read_array({"shape": [1], "dtype": written}, 2).dtype == dtype


def test_v2() -> None:
    document = {"zarr_format": 2, "shape": [4, 6], "chunks": [4, 6], "dtype": "<u2"}
    assert read_array(document, 2, {"b": 2}) == ArrayNode(
        shape=(4, 6), dtype="uint16", chunks=(4, 6), zarr_format=2, attributes={"b": 2}
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"chunk_grid": {"name": "rectilinear", "configuration": {"chunk_shapes": [[1]]}}},
        {"chunk_grid": None},
        {"chunk_grid": {"configuration": {"chunk_shape": [2]}}},
        {"dimension_names": ["only-one"]},
        {"attributes": None},
    ],
)
def test_oddities_do_not_hide_an_array(changes: dict[str, Any]) -> None:
    assert read_array(v3(**changes), 3).shape == (4, 6)


def test_a_scalar_has_no_axes() -> None:
    assert read_array(v3(shape=[], dimension_names=[]), 3).shape == ()


@pytest.mark.parametrize("shape", [None, 3, [1, -1], ["1"], [True], [1.5]])
def test_no_shape_no_array(shape: object) -> None:
    with pytest.raises(DocumentError) as caught:
        read_array(v3(shape=shape), 3)
    assert caught.value.pointer == "/shape"
