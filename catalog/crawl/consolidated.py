"""Consolidated metadata: copies of documents, kept at the root of a hierarchy.

They may be stale, so they stand in only for what could not be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from catalog.stores.url import is_plain


class Copy(NamedTuple):
    """A document as the root has it. `attributes` apart for Zarr v2, whose documents lack them."""

    path: str
    zarr_format: int
    is_array: bool
    document: dict[str, Any]
    attributes: dict[str, Any]


def copies_v3(document: dict[str, Any]) -> Iterator[Copy]:
    """Yield the copies that the root's ``zarr.json`` holds."""
    consolidated = document.get("consolidated_metadata")
    metadata = consolidated.get("metadata") if isinstance(consolidated, dict) else None
    if not isinstance(metadata, dict):
        return
    for path, copy in metadata.items():
        if isinstance(copy, dict) and is_plain(path):
            yield Copy(path, 3, copy.get("node_type") == "array", copy, _object(copy, "attributes"))


def copies_v2(document: dict[str, Any]) -> Iterator[Copy]:
    """Yield the copies that the root's ``.zmetadata`` holds."""
    metadata = _object(document, "metadata")
    for place in metadata:
        path, _, name = place.rpartition("/")
        if name not in (".zgroup", ".zarray") or (path and not is_plain(path)):
            continue
        attributes = _object(metadata, f"{path}/.zattrs" if path else ".zattrs")
        yield Copy(path, 2, name == ".zarray", _object(metadata, place), attributes)


def _object(mapping: dict[str, Any], key: str) -> dict[str, Any]:
    value = mapping.get(key)
    return value if isinstance(value, dict) else {}
