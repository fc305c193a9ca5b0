"""Labels without a transformation share the intrinsic system of their image."""

from __future__ import annotations

from collections.abc import Container, Sequence

from catalog.metadata.assembly.draft import Draft
from catalog.metadata.assembly.locations import ancestors, join
from catalog.metadata.assembly.values import Edge, SystemKey
from catalog.metadata.axes import CoordinateSystemIdentifier
from catalog.metadata.nodes import GroupNode
from catalog.metadata.problems import Problem
from catalog.metadata.rules.registry import problem
from catalog.metadata.transformations import AnyTransform, Identity, MapAxis, ProjectAxis


def listed_labels(groups: Sequence[tuple[str, GroupNode]]) -> dict[str, str]:
    """Give the label images that `labels` groups list, with the group that lists each."""
    listed: dict[str, str] = {}
    for location, node in groups:
        for path in node.labels or ():
            place = join(location, path)
            if place is not None:
                listed.setdefault(place, location)
    return listed


def label_source(
    images: Container[str], location: str, node: GroupNode, holder: str | None
) -> tuple[str | None, bool]:
    """Find the image that a label image annotates, and whether the document states it.

    ``../../`` is the default; where no image lies there (labels in folders of folders)
    the nearest image above is meant.
    """
    source = node.image_label.source if node.image_label is not None else None
    written = source.image if source is not None else None
    place = join(location, written or "../../")
    if place is not None and place in images and place != location:
        return place, written is not None
    if written and written.rstrip("/") != "../..":
        return None, True
    above = ancestors(holder if holder is not None else location)
    return next((higher for higher in above if higher in images), None), False


def imply_labels(draft: Draft, groups: Sequence[tuple[str, GroupNode]]) -> None:
    """Join each label image to its image, unless a transformation already does."""
    listed = listed_labels(groups)
    stated: set[tuple[str, str]] | None = None
    for location, node in groups:
        if not node.images or (node.image_label is None and location not in listed):
            continue
        source, written = label_source(draft.intrinsic, location, node, listed.get(location))
        if source is None:
            if written:
                draft.problems.append(_no_source(location, node))
            continue
        if stated is None:
            stated = {
                (draft.by_key[end].group, draft.by_key[other].group)
                for edge in draft.edges
                if edge.origin != "dataset"
                for end, other in ((edge.input, edge.output), (edge.output, edge.input))
            }
        if (location, source) in stated:
            continue
        target = next((key for key in draft.intrinsic[source] if key is not None), None)
        for index, own in enumerate(draft.intrinsic[location]):
            if own is None or target is None or own == target:
                continue
            pointer = node.pointer("image-label") if node.image_label is not None else ""
            relation = _relation(draft, own, target)
            if relation is None:
                draft.problems.append(
                    problem(
                        "label-axes",
                        pointer,
                        f"the axes of this label image are not among those of its image at "
                        f"{source or '/'!r}, and no transformation relates them",
                        location,
                    )
                )
                continue
            draft.edges.append(
                Edge(location, pointer, None, own, target, relation, "implied", index)
            )


def _relation(draft: Draft, own: SystemKey, target: SystemKey) -> AnyTransform | None:
    """Relate a label image to its image by the names of their axes.

    The same number of axes: the identity, or a permutation where the names tell one.
    Fewer axes: the others are created, as zeros.
    """
    label, image = draft.by_key.get(own), draft.by_key.get(target)
    ends = {
        "input": CoordinateSystemIdentifier(name=own.name, path=own.location),
        "output": CoordinateSystemIdentifier(name=target.name, path=target.location),
    }
    if label is None or image is None or label.axes is None or image.axes is None:
        return Identity(**ends) if label is not None and image is not None else None
    names = [axis.name for axis in label.axes]
    wanted = [axis.name for axis in image.axes]
    if len(names) == len(wanted):
        if names != wanted and sorted(names) == sorted(wanted) and len(set(names)) == len(names):
            return MapAxis(**ends, mapAxis=tuple([names.index(name) for name in wanted]))
        return Identity(**ends)
    if names == [name for name in wanted if name in names]:
        created = tuple([i for i, name in enumerate(wanted) if name not in names])
        return ProjectAxis(**ends, createdOutputs=created)
    return None


def _no_source(location: str, node: GroupNode) -> Problem:
    assert node.image_label is not None
    written = (node.image_label.source and node.image_label.source.image) or ""
    outside = join(location, written) is None
    return problem(
        "outside-hierarchy" if outside else "missing-label-source",
        node.pointer("image-label", "source", "image"),
        f"{written!r} leads out of this hierarchy and is not followed"
        if outside
        else f"there is no image at {written!r}",
        location,
    )
