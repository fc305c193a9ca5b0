"""Rules about scenes, and about what the whole graph of coordinate systems must be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from catalog.metadata.assembly import Assembly, SystemKey
from catalog.metadata.nodes import GroupNode
from catalog.metadata.problems import Problem
from catalog.metadata.rules.document import Document, Hierarchy
from catalog.metadata.rules.registry import problem
from catalog.metadata.scene import SceneAttrs
from catalog.metadata.versions import Version


def check_scenes(document: Document) -> Iterable[Problem]:
    """Check the scene of a document."""
    scene = document.node.scene
    return _scene(document, scene) if scene is not None and document.node.kind == "scene" else ()


def _scene(document: Document, scene: SceneAttrs) -> Iterator[Problem]:
    if not scene.coordinateTransformations and document.version >= Version.V06_DEV1:
        yield document.problem("empty-scene", "the scene has no transformations", "scene")
    if document.version < Version.V06_DEV3:
        return
    for index, transformation in enumerate(scene.coordinateTransformations):
        place = ("scene", "coordinateTransformations", index)
        for role, end in (("input", transformation.input), ("output", transformation.output)):
            if end is None:
                continue
            if not end.name and end.path:
                words = f"the {role} names no coordinate system, only the location {end.path!r}"
                yield document.problem("missing-end", words, *place, role)
            if end.model_extra and document.version >= Version.V06:
                extra = ", ".join(end.model_extra)
                words = f"the {role} holds more than a name and a path: {extra}"
                yield document.problem("unknown-key", words, *place, role)


def check_unreferenced(hierarchy: Hierarchy) -> Iterator[Problem]:
    """Find images that lie in a scene and in no scene's transformations."""
    referred = {image for _, image, is_referred in hierarchy.assembly.members if is_referred}
    seen: set[str] = set()
    for scene, image, _ in hierarchy.assembly.members:
        if image in referred or image in seen:
            continue
        seen.add(image)
        yield problem(
            "unreferenced-image", "", f"the scene at {scene or '/'!r} does not refer to it", image
        )


def check_connected(hierarchy: Hierarchy) -> Iterator[Problem]:
    """Check that the systems of each image, and of each scene, are connected."""
    assembly = hierarchy.assembly
    roots, parts = _components(assembly)
    if parts <= 1:
        return
    systems: dict[str, list[SystemKey]] = {}
    entries: dict[tuple[str, int], list[SystemKey]] = {}
    for key, system in assembly.systems.items():
        if system.kind != "declared":
            continue
        systems.setdefault(system.group, []).append(key)
        if system.image is not None:
            entries.setdefault((system.group, system.image), []).append(key)
    for edge in assembly.edges:
        # What no array leads to is of no use to a reader of the image.
        if edge.origin == "dataset" and edge.image is not None:
            arrays = entries.get((edge.group, edge.image))
            if arrays is not None:
                arrays.append(edge.input)
    for (location, index), keys in entries.items():
        node = hierarchy.nodes.get(location)
        if isinstance(node, GroupNode):
            pointer = node.pointer("multiscales", index)
            yield from _connected(roots, keys, "image", pointer, location)
    scenes = {
        location: list(systems.get(location, ()))
        for location, node in hierarchy.nodes.items()
        if isinstance(node, GroupNode) and node.kind == "scene"
    }
    for scene, image, is_referred in assembly.members:
        if is_referred and image != scene:
            # One system for each image: that its own are connected is the rule above.
            scenes[scene].extend(systems.get(image, ())[:1])
    for location in sorted(scenes):
        node = hierarchy.nodes[location]
        if isinstance(node, GroupNode):
            yield from _connected(roots, scenes[location], "scene", node.pointer("scene"), location)


def _connected(
    roots: dict[SystemKey, SystemKey],
    keys: Iterable[SystemKey],
    what: str,
    pointer: str,
    location: str,
) -> Iterator[Problem]:
    parts: dict[SystemKey, list[SystemKey]] = {}
    for key in keys:
        parts.setdefault(roots[key], []).append(key)
    if len(parts) > 1:
        apart = sorted(sorted(map(str, part)) for part in parts.values())
        shown = " | ".join(", ".join(part) for part in apart[:5])
        yield problem(
            "disconnected",
            pointer,
            f"the coordinate systems of this {what} fall into {len(parts)} unconnected parts: "
            f"{shown}{' | …' if len(apart) > 5 else ''}",
            location,
        )


def _components(assembly: Assembly) -> tuple[dict[SystemKey, SystemKey], int]:
    """Map each system to the one that stands for its component, and count these."""
    above = {key: key for key in assembly.systems}
    parts = len(above)

    def root(key: SystemKey) -> SystemKey:
        while (higher := above[key]) is not key:
            above[key] = key = above[higher]
        return key

    for edge in assembly.edges:
        first, second = above[edge.input], above[edge.output]
        if above[first] is not first:
            first = root(first)
        if above[second] is not second:
            second = root(second)
        if first is not second:
            above[max(first, second)] = min(first, second)
            parts -= 1
    return ({key: root(key) for key in above} if parts > 1 else above), parts
