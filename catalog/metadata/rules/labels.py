"""Rules about labels: what is listed, what colours say, and the image that is annotated."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from catalog.metadata.assembly import join
from catalog.metadata.assembly.labels import label_source, listed_labels
from catalog.metadata.assembly.locations import ancestors
from catalog.metadata.image import Multiscale
from catalog.metadata.nodes import ArrayNode, GroupNode
from catalog.metadata.problems import Problem
from catalog.metadata.rules.document import Document, Hierarchy
from catalog.metadata.rules.registry import problem
from catalog.metadata.versions import Version

_INTEGERS = frozenset(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))


def check_labels(document: Document) -> Iterable[Problem]:
    """Check a labels group, or the label image that a document describes."""
    node = document.node
    if node.labels is None and node.image_label is None:
        return ()
    return _labels(document, node)


def _labels(document: Document, node: GroupNode) -> Iterator[Problem]:
    if node.labels is not None:
        yield from _listing(document, node.labels)
    if node.image_label is None:
        return
    if not node.images:
        yield document.problem(
            "label-without-image", "there is no 'multiscales' beside", "image-label"
        )
    written = document.metadata.get("image-label")
    for key in ("colors", "properties"):
        entries = node.image_label.colors if key == "colors" else node.image_label.properties
        stands = written.get(key) if isinstance(written, dict) else None
        if stands is not None and not stands:
            yield document.problem("empty-list", f"{key!r} is empty", "image-label", key)
        yield from _values(document, key, entries)


def _values(
    document: Document, key: str, entries: tuple[dict[str, object], ...]
) -> Iterator[Problem]:
    seen: set[object] = set()
    for index, entry in enumerate(entries):
        place = ("image-label", key, index)
        value = entry.get("label-value")
        # 0.4 to 0.6 say that a colour's value may be any number, a property's a whole one.
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if isinstance(value, bool) or not whole:
            yield document.problem(
                "label-value", f"{value!r} is not the whole number of a label", *place
            )
        elif value in seen:
            yield document.problem(
                "duplicate-label-value", f"the label {value} is described twice", *place
            )
        seen.add(value if isinstance(value, int | float) else None)
        color = entry.get("rgba")
        if key == "colors" and color is not None and not _is_color(color):
            yield document.problem(
                "label-color", f"{color!r} is not four integers from 0 to 255", *place, "rgba"
            )


def _is_color(value: object) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) == 4
        and all(
            # 2.0 is an integer to a JSON schema, and true is none.
            isinstance(part, int | float)
            and not isinstance(part, bool)
            and 0 <= part <= 255
            and part == int(part)
            for part in value
        )
    )


def _listing(document: Document, labels: tuple[str, ...]) -> Iterator[Problem]:
    nodes = document.hierarchy.nodes
    for index, path in enumerate(labels):
        place = join(document.location, path)
        node = nodes.get(place) if place is not None else None
        if place is None or not isinstance(node, GroupNode) or not node.images:
            yield document.problem(
                "missing-label", f"no label image was found at {path!r}", "labels", index
            )


def check_label_images(hierarchy: Hierarchy) -> Iterator[Problem]:
    """Compare label images with the images that they annotate."""
    groups = hierarchy.groups
    listed = listed_labels(groups)
    if not listed and not any(node.image_label is not None for _, node in groups):
        return
    images = {location for location, node in groups if node.images}
    for location, node in groups:
        if not node.images or (node.image_label is None and location not in listed):
            continue
        document = Document(hierarchy, location, node, Version.OTHER)
        yield from _dtype(document)
        yield from _listed(hierarchy, location, listed)
        source, _ = label_source(images, location, node, listed.get(location))
        image = hierarchy.nodes.get(source) if source is not None else None
        if source is None or not isinstance(image, GroupNode):
            continue
        yield from _against(document, node.images[0], source, image.images[0])


def _listed(hierarchy: Hierarchy, location: str, listed: Container[str]) -> Iterator[Problem]:
    if location in listed:
        return
    for place in ancestors(location):
        node = hierarchy.nodes.get(place)
        if isinstance(node, GroupNode) and node.labels is not None:
            name = location[len(place) + 1 :] if place else location
            yield problem(
                "unlisted-label", node.pointer("labels"), f"{name!r} is not listed", place
            )
            return


def _dtype(document: Document) -> Iterator[Problem]:
    for position, dataset in enumerate(document.node.images[0].datasets):
        place = join(document.location, dataset.path)
        array = document.hierarchy.nodes.get(place) if place is not None else None
        if isinstance(array, ArrayNode) and array.dtype not in _INTEGERS:
            yield document.problem(
                "label-dtype",
                f"the array {dataset.path!r} holds {array.dtype}; labels are integers",
                *("multiscales", 0, "datasets", position, "path"),
            )


def _against(
    document: Document, labels: Multiscale, source: str, image: Multiscale
) -> Iterator[Problem]:
    if len(labels.datasets) != len(image.datasets):
        yield document.problem(
            "label-levels",
            f"there are {len(labels.datasets)} resolution levels, and the image at "
            f"{source or '/'!r} has {len(image.datasets)}",
            *("multiscales", 0, "datasets"),
        )
    nodes = document.hierarchy.nodes
    for position, (own, other) in enumerate(zip(labels.datasets, image.datasets, strict=False)):
        places = join(document.location, own.path), join(source, other.path)
        arrays = [nodes.get(place) if place is not None else None for place in places]
        first, second = arrays
        if not isinstance(first, ArrayNode) or not isinstance(second, ArrayNode):
            continue
        same = len(first.shape) == len(second.shape)
        if same and any(
            size not in (1, wanted) for size, wanted in zip(first.shape, second.shape, strict=True)
        ):
            yield document.problem(
                "label-shape",
                f"the array {own.path!r} has the shape {first.shape}, that of the image "
                f"{second.shape}",
                *("multiscales", 0, "datasets", position, "path"),
            )
