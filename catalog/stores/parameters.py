"""Parameters of transformations that are stored as Zarr arrays."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING

from catalog.errors import DocumentError, StoreError
from catalog.stores.url import join, to_path

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# The matrix of a 10-dimensional affine has 110 numbers; this many are no parameters.
LARGEST_PARAMETERS = 1_000_000


def inside(hierarchy_url: str, path: str) -> str | None:
    """Give the real folder of a path in a local hierarchy; None when it lies outside."""
    root = os.path.realpath(to_path(hierarchy_url))
    folder = os.path.realpath(f"{root}/{path}") if path else root
    return folder if folder == root or folder.startswith(root.rstrip("/") + "/") else None


def read_parameters(hierarchy_url: str, path: str) -> NDArray[np.float64]:
    """Read a whole array of parameters, whatever its codecs.

    Parameters
    ----------
    hierarchy_url
        Normalised URL of the root of the hierarchy.
    path
        Of the array, from that root.

    Returns
    -------
    array of float64, in the shape that it is stored in

    Raises
    ------
    StoreError
        When there is no such array, or it lies outside of the hierarchy.
    DocumentError
        When it cannot be decoded, or holds too much or no numbers.
    """
    url = join(hierarchy_url, path)
    folder = inside(hierarchy_url, path)
    if folder is None:
        raise StoreError(f"the parameters at {url} lie outside of the hierarchy", url)
    if not os.path.isdir(folder):  # noqa: PTH112
        raise StoreError(f"there are no parameters at {url}", url)
    import numpy as np
    import zarr
    from zarr.storage import LocalStore

    try:
        with warnings.catch_warnings():
            # Of no concern to somebody who indexes: the store is as it is.
            warnings.simplefilter("ignore")
            # A store, not a text: zarr reads more into the `#` of a text than a name.
            array = zarr.open_array(store=LocalStore(folder, read_only=True), mode="r")
            few = array.size <= LARGEST_PARAMETERS
            values = np.asarray(array[...], dtype=np.float64) if few else None
    except FileNotFoundError:
        raise StoreError(f"there are no parameters at {url}", url) from None
    except Exception as error:  # codecs raise whatever they like
        raise DocumentError(
            f"the parameters at {url} cannot be read: {str(error) or type(error).__name__}", url
        ) from error
    if values is None:
        raise DocumentError(
            f"the array {url} has {array.size:,} values: too many for parameters", url
        )
    return values
