"""What the strict check asks for beyond the rules: names, types, details (strict schemas)."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.metadata.problems import Problem
from catalog.metadata.rules.document import Document
from catalog.metadata.versions import Version

_TYPES = frozenset({"array", "space", "time", "channel", "coordinate", "displacement", "frequency"})


def check_strictly(document: Document) -> Iterator[Problem]:
    """Check what a document should have."""
    node = document.node
    has_version = node.images or node.plate or node.well or node.image_label
    if has_version and not node.version and not node.base:
        yield document.problem("missing-version", "the document names no version")
    for index in range(len(node.images)):
        yield from _image(document, index)
    if node.scene is not None:
        for position, system in enumerate(node.scene.coordinateSystems or ()):
            for number, axis in enumerate(system.axes):
                place = ("scene", "coordinateSystems", position, "axes", number)
                yield from _axis_type(document, axis.type, place)
    if node.image_label is not None:
        written = document.metadata.get("image-label")
        if isinstance(written, dict) and written.get("colors") is None:
            yield document.problem("missing-colors", "there are no 'colors'", "image-label")
    if node.plate is not None:
        if node.plate.name is None:
            yield document.problem("missing-name", "the plate has no name", "plate")
        for index, acquisition in enumerate(node.plate.acquisitions):
            if acquisition.name is None or acquisition.maximumfieldcount is None:
                yield document.problem(
                    "acquisition-details",
                    "the acquisition has no 'name' or no 'maximumfieldcount'",
                    *("plate", "acquisitions", index),
                )


def _image(document: Document, index: int) -> Iterator[Problem]:
    image = document.node.images[index]
    place = ("multiscales", index)
    if image.name is None:
        yield document.problem("missing-name", "the image has no name", *place)
    if image.type is None:
        yield document.problem("missing-type", "the image has no 'type'", *place)
    if image.metadata is None:
        yield document.problem("missing-details", "the image has no 'metadata'", *place)
    version = document.version_of_image(index)
    old = version in (Version.V04, Version.V05)
    for position, system in enumerate(image.coordinateSystems):
        for number, axis in enumerate(system.axes):
            where = (*place, "coordinateSystems", position, "axes", number)
            if not old:
                yield from _axis_type(document, axis.type, where)
            if old and position == 0 and axis.type is None:
                yield document.problem(
                    "axis-without-type", f"the axis {axis.name!r} has no type", *where
                )


def _axis_type(
    document: Document, kind: str | None, place: tuple[str | int, ...]
) -> Iterator[Problem]:
    if kind is not None and kind not in _TYPES:
        yield document.problem("axis-type", f"{kind!r} is no known type of axis", *place, "type")
