"""Parameters of transformations that are stored as Zarr arrays, read from an open group."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from catalog.errors import StoreError, TransformationError
from catalog.metadata.assembly import join

if TYPE_CHECKING:
    import numpy as np
    import zarr

Parameters = Callable[[str], "np.ndarray"]


def parameters_in(group: zarr.Group | None, location: str) -> Parameters:
    """Give a reader of the arrays that the document at `location` names by path.

    Without a group (a scene that was never written) the reader raises
    TransformationError when it is asked.
    """

    def read(path: str) -> np.ndarray:
        import numpy as np
        import zarr

        place = join(location, path)
        if place is None:
            raise TransformationError(
                f"The parameters at {path!r} lie outside the hierarchy and are not read", path
            )
        if group is None:
            raise TransformationError(
                f"The parameters of a transformation are stored at {place!r}, and this scene was "
                "made in memory: write it and its arrays, and read it with Scene.from_zarr",
                place,
            )
        url = f"{group.store_path}/{place}"
        try:
            node = group[place]
        except KeyError as error:
            raise StoreError(f"There is no array at {url}", url) from error
        if not isinstance(node, zarr.Array):
            raise StoreError(f"{url} is a group, and an array of parameters is needed", url)
        return np.asarray(node[...], dtype="float64")

    return read
