"""Zarr nodes for fields: attributes, and boxes of arrays, whatever their codecs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from catalog.errors import DocumentError, StoreError
from catalog.stores import DEFAULT_OPTIONS, StoreOptions
from catalog.stores.url import join

if TYPE_CHECKING:
    import numpy as np
    import zarr
    from numpy.typing import NDArray

    from catalog.stores.nodes import AnyArray


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
        except StoreError:
            raise
        except OSError as error:
            raise StoreError(f"{self._url} cannot be read: {error}", self._url) from error
        except Exception as error:  # codecs raise whatever they like
            raise DocumentError(
                f"A chunk of {self._url} cannot be decoded: {str(error) or type(error).__name__}",
                self._url,
            ) from error


def open_node(
    hierarchy_url: str, location: str, options: StoreOptions = DEFAULT_OPTIONS
) -> ZarrNode:
    """Open the group or array at a location of a hierarchy, in whatever store.

    Raises
    ------
    StoreError
        When there is none, or it lies outside of the hierarchy.
    DocumentError
        When zarr cannot open it.
    """
    from catalog.stores.nodes import open_zarr

    url = join(hierarchy_url, location)
    node = open_zarr(hierarchy_url, location, options)
    if node is None:
        raise StoreError(f"There is no field at {url}", url)
    return ZarrNode(node, url)
