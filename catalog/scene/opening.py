"""A hierarchy as a graph, from its metadata documents alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from catalog.crawl.read import read_hierarchy
from catalog.errors import DocumentError, TransformationError
from catalog.metadata.assembly import assemble, join
from catalog.metadata.nodes import GroupNode
from catalog.scene.fields import fields_below
from catalog.stores.parameters import read_parameters
from catalog.stores.url import normalise

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from catalog.graph import TransformGraph


def open_hierarchy(path: str | os.PathLike[str]) -> TransformGraph:
    """Read a hierarchy, on disk or elsewhere, and join its coordinate systems into one graph.

    Neither zarr nor a database is loaded; zarr only when parameters of a transformation
    are stored as an array, or a field, and are needed.

    Parameters
    ----------
    path
        The folder of a Zarr group, or its URL in any store: a scene, an image, a whole
        collection.

    Raises
    ------
    StoreError
        There is no Zarr hierarchy, or it cannot be read.
    DocumentError
        Its own document cannot be understood, or holds no OME-Zarr metadata, and nothing
        below it does.
    """
    from catalog.graph import TransformGraph

    url = normalise(os.fspath(path))
    reading = read_hierarchy(url)
    if not any(isinstance(node, GroupNode) for node in reading.nodes.values()):
        raise DocumentError(f"There is no OME-Zarr metadata in {url} nor below it", url)

    def parameters_for(location: str) -> Callable[[str], NDArray[np.float64]]:
        def read(written: str) -> NDArray[np.float64]:
            place = join(location, written)
            if place is None:
                raise TransformationError(
                    f"The parameters at {written!r} lie outside the hierarchy and are not read",
                    written,
                )
            return read_parameters(url, place)

        return read

    return TransformGraph.from_assembly(
        assemble(reading.nodes), parameters_for, fields_for=fields_below(url)
    )
