"""The nodes of a hierarchy, as values in normal form: what reading makes of documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar, cast

from catalog.metadata.image import ImageLabel, Multiscale, Omero
from catalog.metadata.plate import Plate, Well
from catalog.metadata.problems import Place, Problem, as_pointer
from catalog.metadata.scene import SceneAttrs

GroupKind = Literal["scene", "plate", "well", "labels", "image", "collection"]


_V = TypeVar("_V")


class Note(Generic[_V]):
    """One kind of note on nodes: something that is a function of the node alone.

    A document that comes again has the same node (`metadata.documents`), and what was
    worked out of it need not be worked out again. Notes live as long as their node.

    Examples
    --------
    >>> node = GroupNode(version="0.6", zarr_format=3, kind="image")
    >>> length = Note[int]()
    >>> length.on(node), length.write(node, 3), length.on(node)
    (None, 3, 3)
    """

    def on(self, node: GroupNode) -> _V | None:
        """Read the note on a node; None when there is none."""
        return cast("_V | None", node.notes.get(self))

    def write(self, node: GroupNode, value: _V) -> _V:
        """Write the note on a node, and give it back."""
        node.notes[self] = value
        return value


@dataclass(frozen=True, slots=True)
class GroupNode:
    """The OME-Zarr metadata of one Zarr group, in normal form.

    A group may be several things at once (an image with an `image-label`, a scene
    with images of its own); `kind` is the first that applies of scene, plate, well,
    image, labels, collection.

    Attributes
    ----------
    version
        The OME-Zarr version as the document claims it; empty when it claims none.
    zarr_format
        2 or 3.
    labels
        Paths of label images (a `labels` group), None when it is not one.
    series
        Paths of images of a bioformats2raw collection (`OME/` group's `series`).
    bioformats2raw
        The layout number of a bioformats2raw collection's root.
    spatialdata
        True for the root of a spatialdata container.
    implied_systems
        For each image, the names of the systems that the document does not name
        (0.4 and 0.5: ``physical``, ``physical_transformed``).
    shared_systems
        Names of coordinate systems that belong to the whole spatialdata container that
        the group lies in, not to the group alone (``global``).
    attributes
        The attributes as they stood.
    base
        Where the OME-Zarr metadata sits in the attributes: ``("ome",)``, or ``()``.
    moved
        Places in normal form whose place in the attributes as they stood is another;
        see `pointer`.
    notes
        What has been worked out of this node; see `Note`.
    """

    version: str
    zarr_format: int
    kind: GroupKind
    scene: SceneAttrs | None = None
    images: tuple[Multiscale, ...] = ()
    omero: Omero | None = None
    image_label: ImageLabel | None = None
    labels: tuple[str, ...] | None = None
    plate: Plate | None = None
    well: Well | None = None
    series: tuple[str, ...] | None = None
    bioformats2raw: int | None = None
    spatialdata: bool = False
    implied_systems: tuple[tuple[str, ...], ...] = ()
    shared_systems: tuple[str, ...] = ()
    attributes: dict[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    base: Place = ()
    moved: Mapping[Place, Place] = field(default_factory=dict)
    notes: dict[Note[Any], object] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    def pointer(self, *place: str | int) -> str:
        """Return the JSON pointer into the attributes as they stood, of a place in normal form.

        Reading leaves broken elements out and writes older forms anew, so an index in
        `images` need not be the index in the document. Places are spelled as 0.6 spells
        them, below the object that holds the OME-Zarr metadata.

        Examples
        --------
        >>> node = GroupNode(version="0.6", zarr_format=3, kind="image", base=("ome",))
        >>> node.pointer("multiscales", 0, "datasets", 1, "coordinateTransformations", 0)
        '/ome/multiscales/0/datasets/1/coordinateTransformations/0'
        """
        for length in range(len(place), 0, -1) if self.moved else ():
            origin = self.moved.get(place[:length])
            if origin is not None:
                return as_pointer(self._existing((*origin, *place[length:])))
        return as_pointer((*self.base, *place))

    def _existing(self, place: Place) -> Place:
        """Return a place up to where the attributes end: reading may have added the rest."""
        value: object = self.attributes
        for i, step in enumerate(place):
            inside = value if isinstance(value, dict) else {}
            if isinstance(value, list):
                inside = dict(enumerate(value))
            if step not in inside:
                return place[:i]
            value = inside[step]
        return place


@dataclass(frozen=True, slots=True)
class ArrayNode:
    """The metadata of one Zarr array."""

    shape: tuple[int, ...]
    dtype: str
    chunks: tuple[int, ...] | None = None
    dimension_names: tuple[str | None, ...] | None = None
    zarr_format: int = 3
    attributes: dict[str, Any] = field(default_factory=dict)


Node = GroupNode | ArrayNode
