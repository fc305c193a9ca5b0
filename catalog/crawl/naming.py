"""What the metadata of a group names: where to look in a store that cannot be listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Members
from typing import Literal

from catalog.metadata.assembly import join
from catalog.metadata.nodes import GroupNode
from catalog.metadata.transformations import (
    Affine,
    AnyTransform,
    Bijection,
    ByDimension,
    Coordinates,
    Displacements,
    Rotation,
    Scale,
    Sequence,
    Translation,
)

Role = Literal["array", "group", "any", "probe"]
"""What is expected at a place. `probe`: nothing says that it is there; it often is."""


def named(path: str, node: GroupNode) -> Iterator[tuple[str, Role]]:
    """Yield the places that a group's metadata names, as paths from the hierarchy's root.

    What leads out of the hierarchy is left out, and so is what no store can hold.
    Places may be named several times.
    """
    for written, role in _written(node):
        place = join(path, written)
        if place is not None and is_storable(place):
            yield place, role


def stored(node: GroupNode) -> bool:
    """Tell whether a transformation of the group has its parameters, or a field, in an array."""
    return any(
        getattr(part, "path", None)
        for transformation in _transformations(node)
        for part in _parts(transformation)
    )


def is_storable(path: str) -> bool:
    """Tell whether a path can be asked for: no NUL in it, and all of it text."""
    if "\0" in path:
        return False
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _written(node: GroupNode) -> Iterator[tuple[str, Role]]:
    for image in node.images:
        for dataset in image.datasets:
            yield dataset.path, "array"
    if node.images:
        yield "labels", "probe"
    for label in node.labels or ():
        yield label, "group"
    if node.plate is not None:
        for well in node.plate.wells:
            yield well.path, "group"
    if node.well is not None:
        for field in node.well.images:
            yield field.path, "group"
    for transformation in _transformations(node):
        yield from _ends(transformation)
    if node.scene is not None:
        # A bare text may be the name of a system or the location of an image (0.6.dev2).
        declared = {system.name for system in node.scene.coordinateSystems or ()}
        for transformation in node.scene.coordinateTransformations:
            for end in (transformation.input, transformation.output):
                if end is not None and not end.path and end.name and end.name not in declared:
                    yield end.name, "probe"
    label_of = node.image_label.source if node.image_label is not None else None
    if label_of is not None and label_of.image:
        yield label_of.image, "group"
    yield from _of_what_is_broken(node)


def _of_what_is_broken(node: GroupNode) -> Iterator[tuple[str, Role]]:
    """Yield what is named by datasets and edges of which nothing else could be understood."""
    document: object = node.attributes
    for key in node.base:
        document = _field(document, key)
    edges = _members(_field(_field(document, "scene"), "coordinateTransformations"))
    if len(edges) > (len(node.scene.coordinateTransformations) if node.scene is not None else 0):
        for edge in edges:
            for end in (_field(edge, "input"), _field(edge, "output")):
                path = _field(end, "path")
                if isinstance(path, str) and path:
                    yield path, "any"
    images = _members(_field(document, "multiscales"))
    datasets = [one for image in images for one in _members(_field(image, "datasets"))]
    if len(datasets) > sum(len(image.datasets) for image in node.images):
        for dataset in datasets:
            path = _field(dataset, "path")
            if isinstance(path, str) and path:
                yield path, "array"
        yield "labels", "probe"


def _field(value: object, key: str | int) -> object:
    return value.get(key) if isinstance(value, Mapping) else None


def _members(value: object) -> Members[object]:
    return value if isinstance(value, list) else ()


def _transformations(node: GroupNode) -> Iterator[AnyTransform]:
    for image in node.images:
        yield from image.coordinateTransformations
        for dataset in image.datasets:
            yield from dataset.coordinateTransformations
    if node.scene is not None:
        yield from node.scene.coordinateTransformations


def _ends(transformation: AnyTransform) -> Iterator[tuple[str, Role]]:
    for part in _parts(transformation):
        for end in (part.input, part.output):
            if end is not None and end.path:
                yield end.path, "any"
        if isinstance(part, Displacements | Coordinates):
            yield part.path, "any"
        elif isinstance(part, Affine | Rotation | Scale | Translation) and part.path:
            yield part.path, "array"


def _parts(transformation: AnyTransform) -> Iterator[AnyTransform]:
    yield transformation
    if isinstance(transformation, Sequence):
        for member in transformation.transformations:
            yield from _parts(member)
    elif isinstance(transformation, ByDimension):
        for item in transformation.transformations:
            yield from _parts(item.transformation)
    elif isinstance(transformation, Bijection):
        yield from _parts(transformation.forward)
        yield from _parts(transformation.inverse)
