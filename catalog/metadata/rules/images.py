"""Rules about images: resolution levels, their arrays, and the image's transformations."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from catalog.metadata import transformations as tf
from catalog.metadata.assembly import SystemKey, join
from catalog.metadata.image import Multiscale
from catalog.metadata.nodes import ArrayNode
from catalog.metadata.problems import Problem
from catalog.metadata.rules.document import Document, Version

_COLOR = re.compile(r"[0-9A-Fa-f]{6}")
_WINDOW = ("min", "max", "start", "end")


def check_images(document: Document) -> Iterator[Problem]:
    """Check the images of a document."""
    for index, image in enumerate(document.node.images):
        yield from _levels(document, index, image)
        yield from _level_system(document, index)
        yield from _arrays(document, index, image)
        yield from _transformations(document, index, image)
    yield from _omero(document)


def _levels(document: Document, index: int, image: Multiscale) -> Iterator[Problem]:
    """Check what stands in each resolution level."""
    version = document.version_of_image(index)
    paths: set[str | None] = set()
    for position, dataset in enumerate(image.datasets):
        place = ("multiscales", index, "datasets", position)
        location = join(document.location, dataset.path)
        if location in paths:
            yield document.problem(
                "duplicate-dataset",
                f"another resolution level is the array {dataset.path!r} too",
                *(*place, "path"),
            )
        paths.add(location)
        stated = dataset.coordinateTransformations
        if version == Version.OTHER:
            continue
        if not stated:
            yield document.problem(
                "level-transformation", "the resolution level has no transformation", *place
            )
        elif version >= Version.V06_DEV2 and len(stated) > 1:
            yield document.problem(
                "level-transformation",
                f"the resolution level has {len(stated)} transformations; put them in a sequence",
                *(*place, "coordinateTransformations"),
            )
        elif version != Version.V06_DEV1 and not _is_level_kind(stated[0], version):
            allowed = "a scale, or a scale followed by a translation"
            yield document.problem(
                "level-transformation",
                f"a resolution level has {allowed}"
                + (", or an identity" if version >= Version.V06_DEV3 else ""),
                *(*place, "coordinateTransformations", 0),
            )


def _is_level_kind(transformation: tf.AnyTransform, version: Version) -> bool:
    if isinstance(transformation, tf.Sequence):
        kinds = [part.type for part in transformation.transformations]
        return kinds == ["scale", "translation"]
    if isinstance(transformation, tf.Identity):
        # Documents of 0.6.dev2 that the specification's own tests call valid have it too.
        return version >= Version.V06_DEV2
    return isinstance(transformation, tf.Scale)


def _level_system(document: Document, index: int) -> Iterator[Problem]:
    """Check that all resolution levels lead to one coordinate system."""
    if document.version_of_image(index) < Version.V06_DEV2:
        return
    first: SystemKey | None = None
    for position in range(len(document.node.images[index].datasets)):
        place = ("multiscales", index, "datasets", position, "coordinateTransformations", 0)
        edge = document.edge(*place)
        if edge is None:
            continue
        first = first or edge.output
        if edge.output != first:
            yield document.problem(
                "level-system",
                f"the resolution level leads to {edge.output.name!r}, the first one to "
                f"{first.name!r}",
                *(*place, "output"),
            )


def _arrays(document: Document, index: int, image: Multiscale) -> Iterator[Problem]:
    """Compare the arrays of an image with its axes and with each other."""
    nodes = document.hierarchy.nodes
    axes = image.coordinateSystems[0].axes if image.coordinateSystems else None
    smallest: tuple[int, str] | None = None
    for position, dataset in enumerate(image.datasets):
        place = ("multiscales", index, "datasets", position, "path")
        location = join(document.location, dataset.path)
        if location is None:
            continue
        node = nodes.get(location)
        if not isinstance(node, ArrayNode):
            yield document.problem(
                "missing-array", f"no array was found at {dataset.path!r}", *place
            )
            continue
        if axes is not None and len(axes) != len(node.shape):
            yield document.problem(
                "array-axes",
                f"the array {dataset.path!r} has {len(node.shape)} dimensions, "
                f"and the image has {len(axes)} axes",
                *place,
            )
        elif axes is not None and document.version_of_image(index) == Version.V05:
            names = tuple(axis.name for axis in axes)
            if node.zarr_format == 3 and node.dimension_names != names:
                yield document.problem(
                    "dimension-names",
                    f"the array {dataset.path!r} calls its dimensions "
                    f"{node.dimension_names or 'nothing'}; the axes are {names}",
                    *place,
                )
        size = math.prod(node.shape)
        if smallest is not None and size > smallest[0]:
            yield document.problem(
                "level-order",
                f"the array {dataset.path!r} is larger than {smallest[1]!r} before it",
                *place,
            )
        if smallest is None or size < smallest[0]:
            smallest = size, dataset.path


def _transformations(document: Document, index: int, image: Multiscale) -> Iterator[Problem]:
    """Check the kinds and the ends of an image's own transformations."""
    version = document.version_of_image(index)
    intrinsic = _intrinsic(document, index)
    for position, transformation in enumerate(image.coordinateTransformations):
        place = ("multiscales", index, "coordinateTransformations", position)
        if version in (Version.V04, Version.V05):
            implied = (
                transformation.output is not None and "spatialdata" not in document.node.version
            )
            if implied and not _is_level_kind(transformation, version):
                yield document.problem(
                    "image-transformation-kind",
                    "an image has a scale, or a scale followed by a translation",
                    *place,
                )
            continue
        edge = document.edge(*place)
        if edge is None or version < Version.V06_DEV3:
            continue
        if intrinsic is not None and intrinsic not in (edge.input, edge.output):
            yield document.problem(
                "image-transformation",
                f"one of its ends must be the intrinsic coordinate system {intrinsic.name!r}",
                *place,
            )
        for role, end in (("input", transformation.input), ("output", transformation.output)):
            path = end.path if end is not None else None
            if not path or version < Version.V06_DEV4:
                continue
            if path.startswith(("/", "../")):
                yield document.problem(
                    "upward-reference",
                    f"{path!r} leads above the image; put the transformation in a scene",
                    *(*place, role, "path"),
                )
            elif _is_label_path(path) and not isinstance(
                transformation, tf.Identity | tf.Scale | tf.Translation
            ):
                yield document.problem(
                    "label-transformation",
                    f"labels are related by an identity, a scale or a translation, not by "
                    f"{transformation.type}",
                    *place,
                )


def _is_label_path(path: str) -> bool:
    return path.removeprefix("./").startswith("labels/")


def _intrinsic(document: Document, index: int) -> SystemKey | None:
    for position in range(len(document.node.images[index].datasets)):
        edge = document.edge(
            "multiscales", index, "datasets", position, "coordinateTransformations", 0
        )
        if edge is not None:
            return edge.output
    return None


def _omero(document: Document) -> Iterator[Problem]:
    """Check the channels of `omero` against the image that stands beside."""
    omero = document.node.omero
    if omero is None:
        return
    written = document.metadata.get("omero")
    if isinstance(written, dict) and written.get("channels") is None:
        yield document.problem("omero-without-channels", "there are no 'channels'", "omero")
    for index, channel in enumerate(omero.channels):
        place = ("omero", "channels", index)
        if channel.color is not None and _COLOR.fullmatch(channel.color) is None:
            yield document.problem(
                "omero-color",
                f"{channel.color!r} is not a colour of six hexadecimal digits",
                *(*place, "color"),
            )
        if channel.window is not None:
            missing = [key for key in _WINDOW if channel.window.get(key) is None]
            if missing:
                yield document.problem(
                    "omero-window", f"the window lacks {', '.join(missing)}", *place, "window"
                )
    if not document.node.images or not omero.channels:
        return
    image = document.node.images[0]
    axes = image.coordinateSystems[0].axes if image.coordinateSystems else ()
    channels = next((i for i, axis in enumerate(axes) if axis.type == "channel"), None)
    location = join(document.location, image.datasets[0].path) if image.datasets else None
    array = document.hierarchy.nodes.get(location) if location is not None else None
    if channels is None or not isinstance(array, ArrayNode) or channels >= len(array.shape):
        return
    if array.shape[channels] != len(omero.channels):
        yield document.problem(
            "omero-channels",
            f"{len(omero.channels)} channels are described, and the image has "
            f"{array.shape[channels]}",
            *("omero", "channels"),
        )
