"""Specifications of groups and arrays as documents in a store."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic_zarr.v3 import ArraySpec, GroupSpec

from catalog.scene.specs import AnyArray, AnyGroup, AnySpec

if TYPE_CHECKING:
    import zarr
    from zarr.abc.store import Store


def write_group(
    spec: AnyGroup, store: Store, path: str, *, overwrite: bool, **kwargs: Any
) -> zarr.Group:
    """Write a group and all below it.

    zarr writes what it can model, and fills in what documents leave to defaults. Arrays
    that it cannot model (codecs and data types of others) are written as they stand.
    """
    foreign: dict[str, AnyArray] = {}
    known = _known(spec, path.strip("/"), foreign)
    assert isinstance(known, GroupSpec)
    group = known.to_zarr(store, path, overwrite=overwrite, **kwargs)
    for location, array in foreign.items():
        _write_document(array, store, location)
    return group


def _known(spec: AnySpec, location: str, foreign: dict[str, AnyArray]) -> AnySpec | None:
    """Leave out arrays that zarr cannot model, and collect them."""
    if isinstance(spec, ArraySpec):
        if _is_known(spec):
            return spec
        foreign[location] = spec
        return None
    members = {}
    for name, member in (spec.members or {}).items():
        kept = _known(member, f"{location}/{name}" if location else name, foreign)
        if kept is not None:
            members[name] = kept
    return spec.model_copy(update={"members": members})


def _is_known(spec: AnyArray) -> bool:
    from zarr.core.metadata.v3 import ArrayV3Metadata

    try:
        ArrayV3Metadata.from_dict(spec.model_dump())
    except Exception:  # codecs and data types raise whatever they like
        return False
    return True


def _write_document(spec: AnyArray, store: Store, location: str) -> None:
    from zarr.core.buffer import default_buffer_prototype
    from zarr.core.sync import sync

    content = json.dumps(spec.model_dump(mode="json"), indent=2).encode()
    key = f"{location}/zarr.json" if location else "zarr.json"
    sync(store.set(key, default_buffer_prototype().buffer.from_bytes(content)))
