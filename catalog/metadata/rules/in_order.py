"""Documents that were found in order, and are met again with the same arrays.

The rules judge a document by what it says and by what it refers to. Of most images that
is their own arrays and nothing else: when the same image is met again (`documents`),
with arrays that say the same, the rules have nothing to find in it.
"""

from __future__ import annotations

from typing import Final

from catalog.metadata.nodes import ArrayNode, GroupNode, Note
from catalog.metadata.rules.document import Document
from catalog.metadata.transformations import AnyTransform, Scale, Sequence, Translation

_Arrays = tuple[ArrayNode, ...]

_AGAIN: Final = Note[bool]()
"""Whether a document that has been met again refers to itself alone; true before that."""

_ARRAYS: Final = Note[_Arrays]()
"""The arrays with which a document was in order."""


def is_in_order(document: Document) -> bool:
    """Tell whether no rule has anything to say of a document, because it was so before."""
    known = _ARRAYS.on(document.node)
    return known is not None and known == _arrays(document)


def note_in_order(document: Document) -> None:
    """Remember that no rule had anything to say of a document, where that will hold again."""
    node = document.node
    again = _AGAIN.on(node)
    if again is None:
        # Most documents that are not met again are not worth a closer look.
        _AGAIN.write(node, value=True)
    elif again and _ARRAYS.on(node) is None and not _refers_to_itself(node):
        _AGAIN.write(node, value=False)
    elif again:
        arrays = _arrays(document)
        if arrays is not None:
            _ARRAYS.write(node, arrays)


def _arrays(document: Document) -> _Arrays | None:
    """Give the arrays of all resolution levels; None when one is not there."""
    nodes = document.hierarchy.nodes
    found = []
    for image in range(len(document.node.images)):
        for level in document.levels(image):
            node = None if level.array is None else nodes.get(level.array.location)
            if not isinstance(node, ArrayNode):
                return None
            found.append(node)
    return tuple(found)


def _refers_to_itself(node: GroupNode) -> bool:
    """Tell whether a document holds images, whose parts refer to each other and to arrays alone.

    Ends that name systems elsewhere, stored parameters, labels, plates, scenes and shared
    systems are judged by other documents too.
    """
    parts = node.scene, node.image_label, node.labels, node.plate, node.well
    if any(part is not None for part in (*parts, node.series, node.bioformats2raw)):
        return False
    if not node.images or node.shared_systems or node.spatialdata:
        return False
    for image in node.images:
        names = {system.name for system in image.coordinateSystems}
        if image.coordinateTransformations:
            return False
        for dataset in image.datasets:
            # A path with dots may lead out of one hierarchy, and not of another.
            if not dataset.path or "." in dataset.path or ":" in dataset.path:
                return False
            for transformation in dataset.coordinateTransformations:
                end = transformation.output
                start = transformation.input
                if (
                    end is None
                    or end.path
                    or end.name not in names
                    or not _is_plain(transformation)
                ):
                    return False
                if start is not None and start.name:
                    return False
    return True


def _is_plain(transformation: AnyTransform) -> bool:
    if isinstance(transformation, Sequence):
        return all(map(_is_plain, transformation.transformations))
    return isinstance(transformation, (Scale, Translation)) and transformation.path is None
