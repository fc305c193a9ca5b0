"""From a stored array and its metadata to a field: which axis holds the vectors, and where it lies.

Since 0.6.dev4 a field is a multiscale group, of which the first dataset is read; before,
it is an array that is annotated with a coordinate system and a transformation itself.
Implements "coordinates and displacements" of OME-Zarr.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from catalog.errors import FieldError, NotInvertibleError, StoreError, TransformationError
from catalog.geometry import affine
from catalog.geometry.field import Field, FieldKind, FieldReader
from catalog.geometry.mapping import mapping
from catalog.metadata.assembly import join
from catalog.metadata.image import Multiscale
from catalog.metadata.nodes import ArrayNode
from catalog.metadata.read import read_annotation, read_group
from catalog.metadata.transformations import AnyTransform, Identity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TYPES = {"displacements": "displacement", "coordinates": "coordinate"}


class StoredArray(Protocol):
    """An array of numbers that is stored somewhere."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""

    @property
    def chunks(self) -> tuple[int, ...]:
        """The shape of what is read at once."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Its type, in any byte order."""

    def read(self, start: tuple[int, ...], stop: tuple[int, ...]) -> NDArray[Any]:
        """Read a box; what is not stored is the fill value."""


class StoredNode(Protocol):
    """A group or an array that is stored somewhere."""

    @property
    def url(self) -> str:
        """Where it is, for messages."""

    @property
    def zarr_format(self) -> int:
        """2 or 3."""

    @property
    def attributes(self) -> Mapping[str, Any]:
        """The user's attributes as they stood."""

    @property
    def array(self) -> StoredArray | None:
        """The array; None when it is a group."""


def field_readers(node_at: Callable[[str], StoredNode]) -> Callable[[str], FieldReader]:
    """Give for a location what opens the fields that it names, each once.

    Parameters
    ----------
    node_at
        Opens what is stored at a location of the hierarchy.
    """
    opened: dict[tuple[str, FieldKind], Field] = {}

    def fields_for(location: str) -> FieldReader:
        def read(path: str, kind: FieldKind) -> Field:
            place = join(location, path)
            if place is None:
                raise FieldError(
                    f"The field at {path!r} lies outside the hierarchy and is not read.", path
                )
            found = opened.get((place, kind))
            if found is None:
                found = opened.setdefault((place, kind), open_field(node_at, place, kind))
            return found

        return read

    return fields_for


@dataclass(frozen=True)
class VectorGrid:
    """A stored array seen as vectors on a grid: its vector axis is the last."""

    array: StoredArray
    vector_axis: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Voxels along each axis of the grid."""
        return _without(self.array.shape, self.vector_axis)

    @property
    def chunks(self) -> tuple[int, ...]:
        """Voxels along each axis of a chunk."""
        return _without(self.array.chunks, self.vector_axis)

    @property
    def components(self) -> int:
        """Numbers in each vector."""
        return self.array.shape[self.vector_axis]

    @property
    def dtype(self) -> np.dtype[np.floating]:
        """What holds every stored value: float32, or float64."""
        import numpy as np

        stored = self.array.dtype
        narrow = stored.itemsize <= (2 if stored.kind in "iu" else 4)
        return np.dtype(np.float32 if narrow else np.float64)

    def read(self, start: tuple[int, ...], stop: tuple[int, ...]) -> NDArray[np.floating]:
        """Read a box of the grid, the components last."""
        import numpy as np

        axis = self.vector_axis
        values = self.array.read(
            (*start[:axis], 0, *start[axis:]), (*stop[:axis], self.components, *stop[axis:])
        )
        return np.moveaxis(values, axis, -1).astype(self.dtype, copy=False)


def open_field(node_at: Callable[[str], StoredNode], location: str, kind: FieldKind) -> Field:
    """Open the field at a location of a hierarchy; none of its values are read.

    Parameters
    ----------
    node_at
        Gives the group or array at a location; StoreError when there is none.

    Raises
    ------
    FieldError
        When what is there is no field, or one that cannot be used.
    """
    node = node_at(location)
    describe = _of_group if node.array is None else _of_array
    described = describe(node_at, location, node, kind)
    stored = described.array
    if stored.dtype.kind not in "iuf" or stored.dtype.itemsize > 8:
        raise FieldError(
            f"The field {described.url} holds {stored.dtype}; expected numbers.", described.url
        )
    if len(stored.shape) < 2 or 0 in stored.shape:
        raise FieldError(
            f"The field {described.url} has the shape {stored.shape}; expected an axis for each "
            "axis of the points, and one for the vectors.",
            described.url,
        )
    rows = _rows(described)
    remarks: tuple[str, ...] = ()
    axis = described.vector_axis
    if axis is None:
        axis = len(stored.shape) - 1
        remarks = (
            f"The field {described.url} has no axis of the type {_TYPES[kind]!r}: "
            "its vectors were taken along the last axis.",
        )
    if axis >= len(rows):
        raise FieldError(
            f"The field {described.url} has {len(rows)} dimensions; its coordinate system has "
            "more.",
            described.url,
        )
    vector_axis, to_grid = _grid_part(described, rows, axis)
    return Field(kind, described.url, VectorGrid(stored, vector_axis), to_grid, remarks)


@dataclass(frozen=True)
class _Described:
    """An array, what leads from its indices to a system, and the vector axis there."""

    url: str
    array: StoredArray
    transformation: AnyTransform
    vector_axis: int | None


def _of_group(
    node_at: Callable[[str], StoredNode], location: str, node: StoredNode, kind: FieldKind
) -> _Described:
    group = read_group(dict(node.attributes), zarr_format=node.zarr_format)
    if group is None or not group.images:
        raise FieldError(
            f"The group {node.url} is no field: it has no usable 'multiscales'.", node.url
        )
    with_vectors = [image for image in group.images if _vector_axis(image, kind) is not None]
    image = (with_vectors or group.images)[0]
    place = join(location, image.datasets[0].path)
    array = None if place is None else node_at(place)
    if array is None or array.array is None:
        raise FieldError(
            f"The first dataset of the field {node.url}, {image.datasets[0].path!r}, is no array.",
            node.url,
        )
    return _Described(array.url, array.array, _placed(image), _vector_axis(image, kind))


def _of_array(
    node_at: Callable[[str], StoredNode], location: str, node: StoredNode, kind: FieldKind
) -> _Described:
    assert node.array is not None
    annotated = read_annotation(
        ArrayNode(node.array.shape, str(node.array.dtype), attributes=_listed(node.attributes))
    )
    if annotated is None or not annotated.coordinateTransformations:
        return _of_dataset(node_at, location, node, kind)
    systems = {
        system.name: [axis.type for axis in system.axes]
        for system in annotated.coordinateSystems or ()
    }
    # Of several, the one to a system that has a vector axis.
    ranked = sorted(
        annotated.coordinateTransformations,
        key=lambda t: (
            _index(systems.get(t.output.name or "", []) if t.output else [], kind) is None
        ),
    )
    output = ranked[0].output
    types = systems.get(output.name or "") if output else None
    if types is None and len(systems) == 1:
        types = next(iter(systems.values()))
    return _Described(node.url, node.array, ranked[0], _index(types or [], kind))


def _of_dataset(
    node_at: Callable[[str], StoredNode], location: str, node: StoredNode, kind: FieldKind
) -> _Described:
    """Describe an array without annotations: by the group that lists it, if there is one."""
    assert node.array is not None
    above = location.rpartition("/")[0]
    try:
        parent = node_at(above)
        group = read_group(dict(parent.attributes), zarr_format=parent.zarr_format)
    except StoreError:
        group = None
    for image in group.images if group else ():
        for dataset in image.datasets:
            if join(above, dataset.path) == location:
                listed = image.model_copy(update={"datasets": (dataset,)})
                return _Described(node.url, node.array, _placed(listed), _vector_axis(image, kind))
    return _Described(node.url, node.array, Identity(), None)


def _placed(image: Multiscale) -> AnyTransform:
    """Give the transformation of the first dataset."""
    stated = image.datasets[0].coordinateTransformations
    return stated[0] if stated else Identity()


def _vector_axis(image: Multiscale, kind: FieldKind) -> int | None:
    output = _placed(image).output
    for system in image.coordinateSystems:
        if output is None or output.name == system.name:
            return _index([axis.type for axis in system.axes], kind)
    return None


def _index(types: list[str | None], kind: FieldKind) -> int | None:
    """Find the vector axis by its type; of the other kind of field, if there is no other."""
    for wanted in (_TYPES[kind], *_TYPES.values()):
        if wanted in types:
            return types.index(wanted)
    return None


def _listed(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Put a coordinate system, or a transformation, that stands alone into a list."""
    result = dict(attributes)
    if isinstance(result.get("ome"), dict):
        return {**result, "ome": _listed(result["ome"])}
    for key in ("coordinateSystems", "coordinateTransformations"):
        if isinstance(result.get(key), dict):
            result[key] = [result[key]]
    return result


def _rows(described: _Described) -> NDArray[np.float64]:
    """Give the affine map from the array's indices to the field's own system."""
    import numpy as np

    ndim = len(described.array.shape)
    try:
        rows = mapping(described.transformation, ndim, ndim, place=described.url).rows
    except TransformationError as error:
        raise FieldError(
            f"The field {described.url} cannot be placed: {error.message}", described.url
        ) from error
    if rows is None:
        raise FieldError(
            f"The field {described.url} is placed by another field; expected an affine map.",
            described.url,
        )
    return np.array(rows, dtype=np.float64)


def _grid_part(
    described: _Described, rows: NDArray[np.float64], axis: int
) -> tuple[int, NDArray[np.float64]]:
    """Take the vector axis out of the placement: its index in the array, and the inverse map."""
    import numpy as np

    along = np.flatnonzero(rows[axis, :-1])
    if len(along) != 1 or np.count_nonzero(rows[:, along[0]]) != 1:
        raise FieldError(
            f"The placement of the field {described.url} mixes its vector axis with others.",
            described.url,
        )
    grid = np.delete(np.delete(rows, axis, axis=0), along[0], axis=1)
    try:
        return int(along[0]), affine.invert(grid)
    except NotInvertibleError as error:
        raise FieldError(
            f"The field {described.url} cannot be placed: {error.message}", described.url
        ) from error


def _without(values: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return values[:axis] + values[axis + 1 :]
