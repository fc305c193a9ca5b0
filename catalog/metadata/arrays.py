"""The metadata of Zarr arrays, read as JSON and never by opening the array.

Codecs that nobody here knows must not hide an image, so nothing but the shape, the
data type, the chunks and the names of the dimensions is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.errors import DocumentError
from catalog.metadata.nodes import ArrayNode

_KINDS_V2 = {"i": "int", "u": "uint", "f": "float", "c": "complex"}
_NAMES_V2 = {"b1": "bool", "O": "object"}


def read_array(
    document: Mapping[str, Any],
    zarr_format: int,
    attributes: Mapping[str, Any] | None = None,
) -> ArrayNode:
    """Read what `zarr.json` or `.zarray` says of an array.

    Parameters
    ----------
    document
        The whole `zarr.json` (v3) or `.zarray` (v2).
    zarr_format
        2 or 3.
    attributes
        What `.zattrs` holds (v2); of v3, `document` holds them itself.

    Raises
    ------
    DocumentError
        There is no usable shape; `pointer` says where.
    """
    shape = _lengths(document.get("shape"))
    if shape is None:
        raise DocumentError(
            "The array has no usable shape: 'shape' must be a list of whole numbers, zero or more.",
            pointer="/shape",
        )
    if zarr_format == 2:
        chunks = _lengths(document.get("chunks"))
        dtype = _dtype_v2(document.get("dtype"))
        names = None
        attached = attributes
    else:
        chunks = _chunks_v3(document)
        dtype = _dtype_v3(document.get("data_type"))
        names = _dimension_names(document.get("dimension_names"), len(shape))
        attached = attributes if attributes is not None else document.get("attributes")
    return ArrayNode(
        shape=shape,
        dtype=dtype,
        chunks=chunks if chunks is not None and len(chunks) == len(shape) else None,
        dimension_names=names,
        zarr_format=zarr_format,
        attributes=dict(attached) if isinstance(attached, Mapping) else {},
    )


def _lengths(value: object) -> tuple[int, ...] | None:
    if not isinstance(value, list):
        return None
    if value and set(map(type, value)) == {int} and min(value) >= 0:
        return tuple(value)
    lengths = []
    for item in value:
        if isinstance(item, float) and item.is_integer():
            item = int(item)  # noqa: PLW2901
        if isinstance(item, bool) or not isinstance(item, int) or item < 0:
            return None
        lengths.append(item)
    return tuple(lengths)


def _chunks_v3(document: Mapping[str, Any]) -> tuple[int, ...] | None:
    grid = document.get("chunk_grid")
    configuration = grid.get("configuration") if isinstance(grid, dict) else None
    if not isinstance(configuration, dict):
        return None
    return _lengths(configuration.get("chunk_shape"))


def _dimension_names(value: object, ndim: int) -> tuple[str | None, ...] | None:
    if not isinstance(value, list) or len(value) != ndim:
        return None
    return tuple([name if isinstance(name, str) else None for name in value])


def _dtype_v2(value: object) -> str:
    """Return ``uint16`` for ``<u2``; a structured type as ``structured``."""
    if isinstance(value, list):
        return "structured"
    if not isinstance(value, str) or not value:
        return "unknown"
    code = value.lstrip("<>|=")
    if code in _NAMES_V2:
        return _NAMES_V2[code]
    kind, size = code[:1], code[1:]
    if kind in _KINDS_V2 and size.isdecimal():
        return f"{_KINDS_V2[kind]}{int(size) * 8}"
    # Dates (M8[ns]), texts (U10) and raw bytes (V4) have no shorter name.
    return code or "unknown"


def _dtype_v3(value: object) -> str:
    """Return the name of a data type; an extension's is in its `name`."""
    if isinstance(value, dict):
        value = value.get("name")
    return value if isinstance(value, str) and value else "unknown"
