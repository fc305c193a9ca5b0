"""Zarr nodes for fields: attributes, and boxes of arrays, whatever their codecs."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from catalog.errors import DocumentError, StoreError
from catalog.stores.parameters import inside
from catalog.stores.url import join

if TYPE_CHECKING:
    import numpy as np
    import zarr
    from numpy.typing import NDArray
    from zarr.core.metadata import ArrayV2Metadata, ArrayV3Metadata

    AnyArray = zarr.Array[ArrayV2Metadata] | zarr.Array[ArrayV3Metadata]


class ZarrNode:
    """A Zarr group or array that is open for reading.

    Attributes
    ----------
    url
        Where it is, for messages.
    """

    def __init__(self, node: zarr.Group | AnyArray, url: str) -> None:
        self._node = node
        self.url = url

    @property
    def zarr_format(self) -> int:
        """2 or 3."""
        return self._node.metadata.zarr_format

    @property
    def attributes(self) -> Mapping[str, Any]:
        """The user's attributes as they stood."""
        return self._node.attrs.asdict()

    @property
    def array(self) -> ZarrArray | None:
        """The array; None when it is a group."""
        import zarr

        return ZarrArray(self._node, self.url) if isinstance(self._node, zarr.Array) else None


class ZarrArray:
    """A Zarr array, read by boxes."""

    def __init__(self, array: AnyArray, url: str) -> None:
        self._array = array
        self._url = url

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""
        return tuple(self._array.shape)

    @property
    def chunks(self) -> tuple[int, ...]:
        """The shape of what is read at once: of a shard, a part."""
        return tuple(max(1, size) for size in self._array.chunks)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Its type, in any byte order."""
        return self._array.dtype

    def read(self, start: tuple[int, ...], stop: tuple[int, ...]) -> NDArray[Any]:
        """Read a box; what is not stored is the fill value.

        Raises
        ------
        StoreError
            When the store cannot be read.
        DocumentError
            When a chunk cannot be decoded.
        """
        import numpy as np

        box = tuple(slice(first, last) for first, last in zip(start, stop, strict=True))
        try:
            return np.asarray(self._array[box])
        except OSError as error:
            raise StoreError(f"{self._url} cannot be read: {error}", self._url) from error
        except Exception as error:  # codecs raise whatever they like
            raise DocumentError(
                f"A chunk of {self._url} cannot be decoded: {str(error) or type(error).__name__}",
                self._url,
            ) from error


def open_node(hierarchy_url: str, location: str) -> ZarrNode:
    """Open the group or array at a location of a local hierarchy.

    Raises
    ------
    StoreError
        When there is none, or it lies outside of the hierarchy.
    DocumentError
        When zarr cannot open it.
    """
    url = join(hierarchy_url, location) if location else hierarchy_url
    folder = inside(hierarchy_url, location)
    if folder is None:
        raise StoreError(f"{url} lies outside of the hierarchy and is not read", url)
    if not os.path.isdir(folder):  # noqa: PTH112
        raise StoreError(f"There is no field at {url}", url)
    import zarr
    from zarr.storage import LocalStore

    try:
        with warnings.catch_warnings():
            # Of no concern to somebody who moves points: the store is as it is.
            warnings.simplefilter("ignore")
            # A store, not a text: zarr reads more into the `#` of a text than a name.
            node = zarr.open(store=LocalStore(folder, read_only=True), mode="r")
    except FileNotFoundError:
        raise StoreError(f"There is no Zarr group or array at {url}", url) from None
    except Exception as error:  # metadata of extensions raise whatever they like
        raise DocumentError(
            f"{url} cannot be opened: {str(error) or type(error).__name__}", url
        ) from error
    return ZarrNode(node, url)
