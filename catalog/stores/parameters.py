"""Parameters of transformations that are stored as Zarr arrays."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

from catalog.errors import DocumentError, StoreError
from catalog.stores import DEFAULT_OPTIONS, StoreOptions
from catalog.stores.url import join

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# The matrix of a 10-dimensional affine has 110 numbers; this many are no parameters.
LARGEST_PARAMETERS = 1_000_000


def read_parameters(
    hierarchy_url: str, path: str, options: StoreOptions = DEFAULT_OPTIONS
) -> NDArray[np.float64]:
    """Read a whole array of parameters, whatever its codecs, in whatever store.

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
    from catalog.stores.nodes import open_zarr

    url = join(hierarchy_url, path)
    array = open_zarr(hierarchy_url, path, options, largest_chunk=options.largest_document)
    import numpy as np
    import zarr

    if not isinstance(array, zarr.Array):
        raise StoreError(f"there are no parameters at {url}", url)
    # A chunk is decoded as a whole, and may be larger than all of its array.
    read_at_once = max(math.prod(array.chunks), math.prod(array.shards or ()))
    if max(array.size, read_at_once) > LARGEST_PARAMETERS:
        raise DocumentError(
            f"the array {url} has {array.size:,} values in chunks of {read_at_once:,}: too many "
            "for parameters",
            url,
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(array[...], dtype=np.float64)
    except StoreError:
        raise
    except Exception as error:  # codecs raise whatever they like
        raise DocumentError(
            f"the parameters at {url} cannot be read: {str(error) or type(error).__name__}", url
        ) from error
