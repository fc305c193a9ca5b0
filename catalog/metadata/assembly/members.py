"""Which images are part of which scenes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catalog.metadata import transformations as tf
from catalog.metadata.assembly.draft import Draft
from catalog.metadata.assembly.labels import listed_labels
from catalog.metadata.assembly.locations import ancestors, join
from catalog.metadata.nodes import GroupNode

_OF_FIELDS = frozenset(("displacement", "coordinate"))
_MAY_NEED_FIELDS = frozenset(
    ("displacements", "coordinates", "sequence", "bijection", "byDimension")
)


def scene_members(
    draft: Draft, groups: Sequence[tuple[str, GroupNode]]
) -> tuple[tuple[str, str, bool], ...]:
    """List the images that each scene refers to or holds, nested scenes' images too.

    Labels and fields count only where the scene refers to them.
    """
    scenes = {location for location, node in groups if node.kind == "scene"}
    if not scenes:
        return ()
    members: dict[tuple[str, str], bool] = {}
    fields: set[str | None] = set()
    for edge in draft.edges:
        if edge.origin == "dataset":
            continue
        if edge.origin == "scene" and edge.group in scenes:
            for end in (edge.input, edge.output):
                system = draft.by_key[end]
                group = system.group
                image = group if group in draft.intrinsic else draft.arrays.get(end.location)
                if image is not None and system.kind != "undeclared":
                    members[edge.group, image] = True
        if edge.transformation.type in _MAY_NEED_FIELDS:
            fields.update(join(edge.group, path) for path in field_paths(edge.transformation))
    listed = listed_labels(groups)
    for location, node in groups:
        if not node.images or node.image_label is not None or location in listed:
            continue
        if location in fields or _is_field(node):
            continue
        for scene in (location, *ancestors(location)):
            if scene in scenes:
                members.setdefault((scene, location), False)
    return tuple([(*key, members[key]) for key in sorted(members)])


def field_paths(transformation: tf.AnyTransform) -> Iterator[str]:
    """Yield the locations of the fields that a transformation needs."""
    if isinstance(transformation, tf.Displacements | tf.Coordinates):
        yield transformation.path
    elif isinstance(transformation, tf.Sequence):
        for part in transformation.transformations:
            yield from field_paths(part)
    elif isinstance(transformation, tf.Bijection):
        yield from field_paths(transformation.forward)
        yield from field_paths(transformation.inverse)
    elif isinstance(transformation, tf.ByDimension):
        for item in transformation.transformations:
            yield from field_paths(item.transformation)


def _is_field(node: GroupNode) -> bool:
    for image in node.images:
        for system in image.coordinateSystems:
            for axis in system.axes:
                if axis.type in _OF_FIELDS:
                    return True
    return False
