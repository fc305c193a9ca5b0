"""Documents of plain images in which nothing is wrong: seen in one look, as nearly all are.

What the rules say of resolution levels and their transformations, turned around: what has
all of this breaks none of them. A document that is more, or less, is left to the rules.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from catalog.metadata.assembly import Level, System, SystemKey
from catalog.metadata.nodes import ArrayNode, GroupNode, Node
from catalog.metadata.rules.axes import check_axes
from catalog.metadata.rules.document import Document
from catalog.metadata.usual import usual
from catalog.metadata.versions import Version

_VERSIONS: Final = frozenset((Version.V04, Version.V05, Version.V06))
_SAYS_MORE: Final = ("plate", "well")


def is_plain_and_right(document: Document) -> bool:
    """Tell whether a document holds one plain image, and no rule has anything to say of it."""
    node, version = document.node, document.version
    if version not in _VERSIONS or len(node.images) != 1 or not _is_image_alone(node):
        return False
    written = document.metadata.get("multiscales")
    if not isinstance(written, list) or len(written) != 1 or not isinstance(written[0], dict):
        return False
    if "coordinateTransformations" in written[0] or document.version_of_image(0) is not version:
        return False
    if any(key in document.metadata for key in _SAYS_MORE):
        return False
    image = node.images[0]
    if not image.coordinateSystems or image.coordinateTransformations:
        return False
    axes = image.coordinateSystems[0].axes
    names = tuple([axis.name for axis in axes]) if version is Version.V05 else None
    hierarchy = document.hierarchy
    systems = hierarchy.assembly.systems
    levels = document.levels(0)
    return _are_right(levels, len(axes), names, systems, hierarchy.nodes) and not check_axes(
        document
    )


def _is_image_alone(node: GroupNode) -> bool:
    return (
        node.scene is None
        and node.omero is None
        and node.image_label is None
        and node.labels is None
        and node.plate is None
        and node.well is None
        and node.series is None
        and node.bioformats2raw is None
    )


def _are_right(
    levels: Sequence[Level],
    ndim: int,
    names: tuple[str, ...] | None,
    systems: Mapping[SystemKey, System],
    nodes: Mapping[str, Node],
) -> bool:
    """Tell whether each level is an array of its own, smaller or not larger than those before.

    And whether each is led to the same system by one scale, or a scale and a translation,
    that has finite numbers for each axis, and factors above zero.

    Parameters
    ----------
    names
        What the dimensions of Zarr v3 arrays must be called; None: anything.
    """
    if ndim < 2:
        return False
    seen: set[SystemKey] = set()
    target: SystemKey | None = None
    smallest: float = math.inf
    for array, edges in levels:
        edge = edges[0] if len(edges) == 1 else None
        if array is None or edge is None or array in seen:
            return False
        seen.add(array)
        node = nodes.get(array.location)
        if not isinstance(node, ArrayNode) or len(node.shape) != ndim:
            return False
        if names is not None and node.zarr_format == 3 and node.dimension_names != names:
            return False
        size = math.prod(node.shape)
        if size > smallest:
            return False
        smallest = size
        if target is None:
            target = edge.output
            if systems[target].ndim != ndim:
                return False
        if edge.output != target or systems[edge.input].ndim != ndim:
            return False
        end = edge.transformation.output
        if end is not None and not end.name:
            return False
        numbers = usual(edge.transformation)
        factors, offsets = (None, None) if numbers is None else numbers
        # A sum is finite only where all of its terms are.
        if factors is None or len(factors) != ndim:
            return False
        if not math.isfinite(sum(factors)) or min(factors) <= 0.0:
            return False
        if offsets is not None and (len(offsets) != ndim or not math.isfinite(sum(offsets))):
            return False
    return True
