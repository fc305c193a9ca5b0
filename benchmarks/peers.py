"""What other packages do with a scene, wherever it is stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import zarr


def members(store: Any) -> object:
    """Open all that `zarr` finds below a group."""
    return dict(zarr.open_group(store, mode="r").members(max_depth=None))


def model(store: Any) -> Any:
    """Open a scene with `ome_zarr_models`."""
    from ome_zarr_models.v06.scene import Scene

    return Scene.from_zarr(zarr.open_group(store, mode="r"))


def shapes(store: Any) -> object:
    """Look at the first level of each image, as `zarrcade discover` does in what it finds."""
    return [image["0"].shape for image in _images(zarr.open_group(store, mode="r"))]


def _images(group: Any) -> Iterator[Any]:
    for _, member in group.groups():
        if "multiscales" in member.attrs.get("ome", {}):
            yield member
        yield from _images(member)
