"""Parameters stored as Zarr arrays: read once, and judged by the rules of inline ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING

from catalog.errors import CatalogError, DocumentError, StoreError
from catalog.metadata.assembly import Edge, join
from catalog.metadata.problems import Problem
from catalog.metadata.rules.matrices import is_rotation, is_singular
from catalog.metadata.rules.registry import problem
from catalog.metadata.transformations import (
    Affine,
    AnyTransform,
    Bijection,
    ByDimension,
    Rotation,
    Scale,
    Sequence,
    Translation,
)
from catalog.metadata.usual import usual
from catalog.stores import DEFAULT_OPTIONS, StoreOptions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Parameters:
    """The stored parameters of a hierarchy's transformations, each read once.

    Attributes
    ----------
    read
        Paths of the arrays that were asked for, from the root of the hierarchy.
    """

    def __init__(self, url: str, options: StoreOptions = DEFAULT_OPTIONS) -> None:
        self._url = url
        self._options = options
        self._values: dict[str, NDArray[np.float64] | StoreError | DocumentError] = {}

    @property
    def read(self) -> tuple[str, ...]:
        """Paths of the arrays that were asked for."""
        return tuple(sorted(self._values))

    @property
    def fingerprint(self) -> bytes:
        """A digest of all values read (or of their lack), the same from every store."""
        hasher = blake2b(digest_size=16)
        for path in self.read:
            value = self._values[path]
            hasher.update(path.encode("utf-8", "surrogateescape") + b"\0")
            if isinstance(value, CatalogError):
                hasher.update(type(value).__name__.encode())
            else:
                hasher.update(repr(value.shape).encode() + value.tobytes())
        return hasher.digest()

    def reader(self, group: str) -> Callable[[str], NDArray[np.float64]]:
        """Give a reader of paths as the document of a group writes them."""

        def read(path: str) -> NDArray[np.float64]:
            place = join(group, path)
            if place is None:
                raise StoreError(
                    f"the parameters at {path!r} lie outside of the hierarchy and are not read",
                    self._url,
                )
            value = self._values.get(place)
            if value is None:
                value = self._values[place] = self._load(place)
            if isinstance(value, StoreError | DocumentError):
                raise value
            return value

        return read

    def _load(self, place: str) -> NDArray[np.float64] | StoreError | DocumentError:
        from catalog.stores.parameters import read_parameters

        try:
            return read_parameters(self._url, place, self._options)
        except (StoreError, DocumentError) as error:
            return error


def check_parameters(edges: Iterable[Edge], parameters: Parameters) -> Iterator[Problem]:
    """Check the values of stored parameters: a chunk that is missing reads as zeros, say."""
    for edge in edges:
        if usual(edge.transformation) is not None:
            continue
        read = parameters.reader(edge.group)
        for transformation, path in _stored(edge.transformation):
            try:
                values = read(path)
            except (StoreError, DocumentError) as error:
                yield problem("unreadable-parameters", edge.pointer, error.message, edge.group)
                continue
            found = _fault(transformation, values)
            if found is not None:
                code, words = found
                yield problem(
                    code, edge.pointer, f"the values stored at {path!r} {words}", edge.group
                )


def _stored(transformation: AnyTransform) -> Iterator[tuple[AnyTransform, str]]:
    """Find the transformations, nested ones too, whose parameters are stored."""
    if isinstance(transformation, Affine | Rotation | Scale | Translation):
        if transformation.path is not None:
            yield transformation, transformation.path
    elif isinstance(transformation, Sequence):
        for member in transformation.transformations:
            yield from _stored(member)
    elif isinstance(transformation, ByDimension):
        for item in transformation.transformations:
            yield from _stored(item.transformation)
    elif isinstance(transformation, Bijection):
        yield from _stored(transformation.forward)
        yield from _stored(transformation.inverse)


def _fault(transformation: AnyTransform, values: NDArray[np.float64]) -> tuple[str, str] | None:
    import numpy as np

    if not np.isfinite(values).all():
        return "not-finite", "are not all finite numbers"
    if values.size and not values.any() and not isinstance(transformation, Translation):
        # What has no chunk is its fill value: a defect of the data, not of the document.
        return "missing-parameters", "are all zero, as if the chunk that holds them were missing"
    rows = values.tolist()
    if isinstance(transformation, Rotation) and values.ndim == 2 and not is_rotation(rows):
        return "rotation-matrix", "are no rotation: its rows must be orthonormal, its determinant 1"
    if isinstance(transformation, Affine) and values.ndim == 2:
        linear = [row[:-1] for row in rows]
        if len(rows) == len(rows[0]) - 1 and is_singular(linear):
            return "singular-affine", "are a singular affine; it has no inverse"
    if isinstance(transformation, Scale) and not values.all():
        return "zero-scale", "hold a zero; such a scale has no inverse"
    return None
