"""Rules about collections: bioformats2raw, series, and versions that go together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from catalog.metadata.assembly import join
from catalog.metadata.assembly.locations import parent
from catalog.metadata.nodes import GroupNode
from catalog.metadata.problems import Problem
from catalog.metadata.rules.document import Document, Hierarchy
from catalog.metadata.rules.registry import problem


def check_collections(document: Document) -> Iterable[Problem]:
    """Check a collection's root, or the `OME` group that lists its images."""
    node = document.node
    if node.bioformats2raw is None and node.series is None:
        return ()
    return _collection(document, node)


def _collection(document: Document, node: GroupNode) -> Iterator[Problem]:
    nodes = document.hierarchy.nodes
    if node.bioformats2raw is not None and node.bioformats2raw != 3:
        yield document.problem(
            "bioformats2raw-layout",
            f"the layout is {node.bioformats2raw}; only 3 is defined",
            "bioformats2raw.layout",
        )
    if node.bioformats2raw is not None and node.plate is None:
        listing = nodes.get(join(document.location, "OME") or "")
        first = nodes.get(join(document.location, "0") or "")
        has_series = isinstance(listing, GroupNode) and listing.series is not None
        if not has_series and not (isinstance(first, GroupNode) and first.images):
            yield document.problem(
                "missing-series", "no image was found at '0'", "bioformats2raw.layout"
            )
    root = parent(document.location)
    if node.series is not None and root is not None:
        for index, path in enumerate(node.series):
            place = join(root, path)
            image = nodes.get(place) if place is not None else None
            if not isinstance(image, GroupNode) or not image.images:
                yield document.problem(
                    "missing-series", f"no image was found at {path!r}", "series", index
                )


def check_versions(hierarchy: Hierarchy) -> Iterator[Problem]:
    """Check that the documents of a hierarchy claim one version."""
    claims: dict[str, str] = {}
    for location, node in hierarchy.groups:
        if node.version:
            claims.setdefault(node.version, location)
    if len(claims) > 1:
        shown = ", ".join(f"{version} ({claims[version] or '/'})" for version in sorted(claims))
        yield problem("mixed-versions", "", f"documents claim different versions: {shown}")
