"""Rules about images: resolution levels, their arrays, and the image's transformations."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from catalog.metadata import transformations as tf
from catalog.metadata.assembly import Level, SystemKey, join
from catalog.metadata.image import Multiscale, Omero
from catalog.metadata.nodes import ArrayNode
from catalog.metadata.problems import Problem, as_pointer
from catalog.metadata.rules.document import Document
from catalog.metadata.rules.registry import problem
from catalog.metadata.versions import Version

_COLOR = re.compile(r"[0-9A-Fa-f]{6}")
_WINDOW = ("min", "max", "start", "end")


def check_images(document: Document) -> Iterable[Problem]:
    """Check the images of a document."""
    images, omero = document.node.images, document.node.omero
    if not images and omero is None:
        return ()
    found: list[Problem] = []
    if images:
        found += _entries(document)
    for index, image in enumerate(images):
        version = document.version_of_image(index)
        levels = document.levels(index)
        found += _levels(document, index, image, version, levels)
        if version >= Version.V06_DEV2:
            found += _level_system(document, index, levels)
        found += _arrays(document, index, image, version, levels)
        if image.coordinateTransformations:
            found += _transformations(document, index, image, version, levels)
    if omero is not None:
        found += _omero(document, omero)
    return found


def _entries(document: Document) -> Iterator[Problem]:
    """Check what only the entries of `multiscales` as they stood can tell."""
    written = document.metadata.get("multiscales")
    entries = written if isinstance(written, list) else []
    version = document.version
    judged = version in (Version.V04, Version.V05) or version >= Version.V06
    seen: set[str] = set()
    key = "coordinateTransformations"
    for index, entry in enumerate(entries):
        place = (*document.node.base, "multiscales", index)
        text = json.dumps(entry, sort_keys=True) if len(entries) > 1 else ""
        if text and text in seen:
            words = "the entry repeats another one of 'multiscales'"
            yield problem("duplicate-image", as_pointer(place), words, document.location)
        seen.add(text)
        if judged and isinstance(entry, dict) and entry.get(key) == []:
            words = f"{key!r} must not be empty; leave it out"
            yield problem("empty", as_pointer((*place, key)), words, document.location)


def _levels(
    document: Document, index: int, image: Multiscale, version: Version, levels: Sequence[Level]
) -> Iterator[Problem]:
    """Check what stands in each resolution level."""
    arrays: set[SystemKey | None] = set()
    for position, dataset in enumerate(image.datasets):
        place = ("multiscales", index, "datasets", position)
        array = levels[position].array
        if array in arrays:
            yield document.problem(
                "duplicate-dataset",
                f"another resolution level is the array {dataset.path!r} too",
                *(*place, "path"),
            )
        arrays.add(array)
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
        end = stated[0].output if stated else None
        if end is not None and not end.name and version >= Version.V06_DEV4:
            yield document.problem(
                "missing-end",
                "the output names no coordinate system",
                *(*place, "coordinateTransformations", 0, "output"),
            )


def _is_level_kind(transformation: tf.AnyTransform, version: Version) -> bool:
    if isinstance(transformation, tf.Sequence):
        kinds = [part.type for part in transformation.transformations]
        return kinds == ["scale", "translation"]
    if isinstance(transformation, tf.Identity):
        # Documents of 0.6.dev2 that the specification's own tests call valid have it too.
        return version >= Version.V06_DEV2
    return isinstance(transformation, tf.Scale)


def _level_system(document: Document, index: int, levels: Sequence[Level]) -> Iterator[Problem]:
    """Check that all resolution levels lead to one coordinate system."""
    first: SystemKey | None = None
    for position, level in enumerate(levels):
        edge = level.edges[0] if level.edges else None
        if edge is None:
            continue
        first = first or edge.output
        if edge.output != first:
            yield document.problem(
                "level-system",
                f"the resolution level leads to {edge.output.name!r}, the first one to "
                f"{first.name!r}",
                *("multiscales", index, "datasets", position),
                *("coordinateTransformations", 0, "output"),
            )


def _arrays(
    document: Document, index: int, image: Multiscale, version: Version, levels: Sequence[Level]
) -> Iterator[Problem]:
    """Compare the arrays of an image with its axes and with each other."""
    nodes = document.hierarchy.nodes
    axes = image.coordinateSystems[0].axes if image.coordinateSystems else None
    smallest: tuple[int, str] | None = None
    for position, dataset in enumerate(image.datasets):
        place = ("multiscales", index, "datasets", position, "path")
        array = levels[position].array
        if array is None:
            continue
        node = nodes.get(array.location)
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
        elif axes is not None and version == Version.V05:
            names = tuple([axis.name for axis in axes])
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


def _transformations(
    document: Document, index: int, image: Multiscale, version: Version, levels: Sequence[Level]
) -> Iterator[Problem]:
    """Check the kinds and the ends of an image's own transformations."""
    leading = [level.edges[0] for level in levels if level.edges]
    intrinsic = next((edge.output for edge in leading if edge is not None), None)
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
            if end is None or not path or version < Version.V06_DEV4:
                continue
            if not end.name:
                words = f"the {role} names no coordinate system, only the location {path!r}"
                yield document.problem("missing-end", words, *place, role)
            if path.startswith(("/", "../")):
                yield document.problem(
                    "upward-reference",
                    f"{path!r} leads above the image; put the transformation in a scene",
                    *(*place, role, "path"),
                )
            elif _is_label_path(path) and not _is_label_kind(transformation):
                yield document.problem(
                    "label-transformation",
                    f"labels are related by an identity, a scale or a translation, not by "
                    f"{transformation.type}",
                    *place,
                )


def _is_label_kind(transformation: tf.AnyTransform) -> bool:
    if isinstance(transformation, tf.Sequence):
        # One place of the specification allows it, another does not.
        return [part.type for part in transformation.transformations] == ["scale", "translation"]
    return isinstance(transformation, tf.Identity | tf.Scale | tf.Translation)


def _is_label_path(path: str) -> bool:
    return path.removeprefix("./").startswith("labels/")


def _omero(document: Document, omero: Omero) -> Iterator[Problem]:
    """Check the channels of `omero` against the image that stands beside."""
    written = document.metadata.get("omero")
    stated = written.get("channels") if isinstance(written, dict) else None
    if stated is None:
        yield document.problem("omero-without-channels", "there are no 'channels'", "omero")
    # spatialdata writes no colours, and numbers as labels: its versions are its own.
    own_rules = "spatialdata" in document.node.version
    if isinstance(stated, list) and not own_rules:
        yield from _kinds(document, stated)
    for index, channel in enumerate(omero.channels):
        place = ("omero", "channels", index)
        if channel.color is not None and _COLOR.fullmatch(channel.color) is None:
            yield document.problem(
                "omero-color",
                f"{channel.color!r} is not a colour of six hexadecimal digits",
                *(*place, "color"),
            )
        missing = [key for key in ("color", "window") if getattr(channel, key) is None]
        if missing and document.version == Version.V04 and not own_rules:
            words = f"the channel has no {' and no '.join(missing)}"
            yield document.problem("omero-details", words, *place)
        if channel.window is not None:
            yield from _window(document, channel.window, (*place, "window"))
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


def _window(
    document: Document, window: Mapping[str, object], place: tuple[str | int, ...]
) -> Iterator[Problem]:
    """Check the limits of a channel's window."""
    needed = ("start", "end") if document.version >= Version.V09 else _WINDOW
    missing = [key for key in needed if window.get(key) is None]
    if missing:
        yield document.problem("omero-window", f"the window lacks {', '.join(missing)}", *place)
    for key in _WINDOW:
        value = window.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            yield document.problem(
                "omero-window", f"{key!r} must hold a number, not {value!r:.40}", *place, key
            )


def _kinds(document: Document, channels: list[object]) -> Iterator[Problem]:
    """Find what reading understands in a channel, and the schema does not allow."""
    kinds: dict[str, tuple[type, str]] = {"label": (str, "text"), "active": (bool, "true or false")}
    if document.version >= Version.V09:
        kinds["inverted"] = kinds["active"]
    elif document.version >= Version.V04:
        kinds["family"] = kinds["label"]
    for index, channel in enumerate(channels):
        if not isinstance(channel, dict):
            continue
        for key, (kind, words) in kinds.items():
            value = channel.get(key)
            if value is not None and not isinstance(value, kind):
                message = f"{key!r} must hold {words}, not {value!r:.40}"
                yield document.problem("omero-value", message, *("omero", "channels", index, key))
