"""Joining the documents of a hierarchy into one graph of coordinate systems."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter

from catalog.metadata.assembly.alignment import aligned
from catalog.metadata.assembly.axis_names import with_indices
from catalog.metadata.assembly.draft import Draft
from catalog.metadata.assembly.ends import resolve
from catalog.metadata.assembly.labels import imply_labels
from catalog.metadata.assembly.members import scene_members
from catalog.metadata.assembly.pointers import Pointers
from catalog.metadata.assembly.values import Assembly, Edge, Level, Origin, SystemKey
from catalog.metadata.nodes import GroupNode, Node
from catalog.metadata.problems import Problem
from catalog.metadata.rules.registry import problem
from catalog.metadata.transformations import AnyTransform
from catalog.metadata.versions import Version, known_version


def assemble(nodes: Mapping[str, Node]) -> Assembly:
    """Join the documents of a hierarchy into one graph of coordinate systems.

    The order of systems, edges and problems depends on the locations and the
    documents alone, never on the order of `nodes`.

    Parameters
    ----------
    nodes
        Groups and arrays by their path from the root of the hierarchy (``""``).
    """
    groups = [(location, node) for location, node in nodes.items() if isinstance(node, GroupNode)]
    groups.sort(key=itemgetter(0))
    draft = Draft(nodes, groups)
    declaring = [
        (location, node, Pointers(node))
        for location, node in groups
        if node.images or node.scene is not None
    ]
    for location, node, _ in declaring:
        draft.declare(location, node)
    for location, node, pointers in declaring:
        for index in range(len(node.images)):
            _dataset_edges(draft, location, node, index, pointers)
    for location, node, pointers in declaring:
        for index, image in enumerate(node.images):
            for position, transformation in enumerate(image.coordinateTransformations):
                pointer = pointers.image(index, position)
                _edge(draft, location, transformation, pointer, index)
        if node.scene is not None:
            for position, transformation in enumerate(node.scene.coordinateTransformations):
                pointer = pointers.scene(position)
                _edge(draft, location, transformation, pointer, None)
    imply_labels(draft, groups)
    return Assembly(
        systems=draft.by_key,
        edges=tuple(draft.edges),
        problems=tuple(draft.problems),
        members=scene_members(draft, groups),
        levels=draft.levels,
    )


def _dataset_edges(
    draft: Draft,
    location: str,
    node: GroupNode,
    index: int,
    pointers: Pointers,
) -> None:
    """Add the edges from each array of an image to its intrinsic system."""
    image = node.images[index]
    names = draft.entries[location][index]
    intrinsic = draft.intrinsic[location][index]
    levels: list[Level] = []
    first: SystemKey | None = None
    grids = draft.grids[location][index]
    for position, (dataset, array) in enumerate(zip(image.datasets, grids, strict=True)):
        if array is None:
            levels.append(Level(None, ()))
            draft.problems.append(
                problem(
                    "outside-hierarchy",
                    node.pointer("multiscales", index, "datasets", position, "path"),
                    f"{dataset.path!r} leads out of this hierarchy and is not followed",
                    location,
                )
            )
            continue
        edges: list[Edge | None] = []
        path = dataset.path
        for number, transformation in enumerate(dataset.coordinateTransformations):
            # A dataset's own path wins over what its transformation calls the input.
            source = array
            written = transformation.input
            if written is not None and written.name and written.name != path:
                source = names.get(written.name, array)
            pointer = pointers.dataset(index, position, number)
            end = transformation.output
            if end is None:
                target = intrinsic if intrinsic in draft.by_key else first
            elif end.path is None and end.name in names:
                target = names[end.name]
            else:
                target = resolve(draft, location, end, f"{pointer}/output", index)
            if target is None:
                draft.problems.append(_no_end("output", pointer, location))
                edges.append(None)
                continue
            first = first or target
            name = transformation.name
            edge = Edge(location, pointer, name, source, target, transformation, "dataset", index)
            draft.edges.append(edge)
            edges.append(edge)
        levels.append(Level(array, tuple(edges)))
    draft.levels[location].append(levels)

    if intrinsic is not None and intrinsic not in draft.by_key:
        # The levels lead to a system that the image does not declare.
        draft.intrinsic[location][index] = first


def _edge(
    draft: Draft,
    location: str,
    transformation: AnyTransform,
    pointer: str,
    image: int | None,
) -> None:
    """Add the edge that an image or a scene declares."""
    ends: list[SystemKey] = []
    for role in ("input", "output"):
        end = transformation.input if role == "input" else transformation.output
        if end is not None and (end.name or end.path):
            ends.append(resolve(draft, location, end, f"{pointer}/{role}", image))
            continue
        # An image's transformation without an input can only start from its intrinsic system.
        key = draft.intrinsic[location][image] if image is not None and role == "input" else None
        if key is None or _version(draft, location) >= Version.V06_DEV3:
            draft.problems.append(_no_end(role, pointer, location))
        if key is None:
            return
        ends.append(key)
    origin: Origin = "scene" if image is None else "multiscale"
    edge = Edge(
        location, pointer, transformation.name, ends[0], ends[1], transformation, origin, image
    )
    edge = with_indices(draft, edge)
    draft.edges.append(aligned(draft, edge) if draft.containers else edge)


def _version(draft: Draft, location: str) -> Version:
    node = draft.nodes[location]
    return known_version(node.version) if isinstance(node, GroupNode) else Version.OTHER


def _no_end(role: str, pointer: str, location: str) -> Problem:
    return problem(
        "missing-end",
        pointer,
        f"the transformation has no {role}; name the coordinate system that it leads "
        f"{'from' if role == 'input' else 'to'}",
        location,
    )
