"""A group's attributes in any dialect, written as OME-Zarr 0.6."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from catalog.metadata.assembly import Assembly, SystemKey
from catalog.metadata.axes import CoordinateSystemIdentifier
from catalog.metadata.nodes import GroupNode

VERSION = "0.6"

# Keys of OME-Zarr that version 0.4 keeps at the top of a group's attributes.
_KEYS = ("multiscales", "omero", "image-label", "labels", "plate", "well", "series")
_LAYOUT = "bioformats2raw.layout"


def in_normal_form(attributes: Mapping[str, Any], node: GroupNode) -> dict[str, Any]:
    """Write the attributes of a group as those of an OME-Zarr 0.6 group, and lose nothing.

    Keys that the specification does not know stay where they were. The version, which
    0.4 writes into each part, moves to the one place it has now.

    Parameters
    ----------
    attributes
        As they stood.
    node
        What `read_group` made of them.

    Raises
    ------
    ValueError
        A part of the document cannot be read, and would be lost.
    """
    kept = dict(attributes)
    nested = kept.get("ome")
    if isinstance(nested, Mapping):
        ome = dict(nested)
    else:
        ome = {key: kept.pop(key) for key in (*_KEYS, _LAYOUT) if key in kept}
    if node.scene is not None:
        scene = ome.pop("scene", None)
        # Before 0.6.dev3 the container's transformations stood beside everything else.
        stood = scene if isinstance(scene, Mapping) else {
            key: ome.pop(key)
            for key in ("coordinateTransformations", "coordinateSystems")
            if key in ome
        }  # fmt: skip
        _nothing_lost(node, "scene", stood, node.scene.coordinateTransformations)
        ome["scene"] = node.scene.model_dump(mode="json", by_alias=True)
    if node.images:
        entries = ome.get("multiscales")
        if isinstance(entries, list) and len(entries) != len(node.images):
            raise ValueError(_words(node, "multiscales"))
        ome["multiscales"] = [
            _without_version(image.model_dump(mode="json", by_alias=True)) for image in node.images
        ]
        for entry, image in zip(entries or (), node.images, strict=True):
            _nothing_lost(node, "multiscales", entry, image.coordinateTransformations)
    for key in ("image-label", "omero", "plate", "well"):
        if isinstance(part := ome.get(key), Mapping):
            ome[key] = _without_version(part)
    ome["version"] = VERSION
    kept["ome"] = ome
    return kept


def with_explicit_ends(node: GroupNode, location: str, assembly: Assembly) -> GroupNode:
    """Say where the systems are declared that a scene's transformations name by name alone.

    Before 0.6.dev3 an end was a bare name, which might be declared by an image below or be
    an image's location: what it means depends on other documents, and on the version.
    """
    if node.scene is None:
        return node
    edges = {
        edge.pointer: edge
        for edge in assembly.edges
        if edge.group == location and edge.origin == "scene"
    }
    transformations = list(node.scene.coordinateTransformations)
    for index, transformation in enumerate(transformations):
        edge = edges.get(node.pointer("scene", "coordinateTransformations", index))
        if edge is not None:
            ends = {
                "input": _explicit(transformation.input, edge.input, location, assembly),
                "output": _explicit(transformation.output, edge.output, location, assembly),
            }
            transformations[index] = transformation.model_copy(update=ends)
    scene = node.scene.model_copy(update={"coordinateTransformations": tuple(transformations)})
    return replace(node, scene=scene)


def _explicit(
    end: CoordinateSystemIdentifier | None, key: SystemKey, location: str, assembly: Assembly
) -> CoordinateSystemIdentifier | None:
    below = f"{location}/" if location else ""
    if (
        end is None
        or end.path
        or key.location == location
        or not key.location.startswith(below)
        or assembly.systems[key].kind == "undeclared"
    ):
        return end
    path = key.location.removeprefix(below)
    return end.model_copy(update={"path": path, "name": key.name or None})


def _without_version(part: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key != "version"}


def _nothing_lost(node: GroupNode, what: str, stood: object, read: tuple[object, ...]) -> None:
    written = stood.get("coordinateTransformations") if isinstance(stood, Mapping) else None
    if isinstance(written, list) and len(written) > len(read):
        raise ValueError(_words(node, what))


def _words(node: GroupNode, what: str) -> str:
    errors = [problem for problem in node.problems if problem.severity == "error"]
    listed = "; ".join(f"{problem.pointer}: {problem.message}" for problem in errors[:5])
    more = f"; and {len(errors) - 5} more" if len(errors) > 5 else ""
    return f"The {what} metadata cannot be read whole: {listed or 'parts were left out'}{more}"
