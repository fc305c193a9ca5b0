"""Checking documents against the rules of their versions, not only against their shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from operator import itemgetter
from typing import Any

from catalog.metadata.assembly import Assembly, assemble
from catalog.metadata.nodes import GroupNode, Node
from catalog.metadata.problems import Problem, as_pointer
from catalog.metadata.rules.axes import check_axes
from catalog.metadata.rules.collections import check_collections, check_versions
from catalog.metadata.rules.dimensions import check_transformations
from catalog.metadata.rules.document import Document, Hierarchy
from catalog.metadata.rules.images import check_images
from catalog.metadata.rules.in_order import is_in_order, note_in_order
from catalog.metadata.rules.labels import check_label_images, check_labels
from catalog.metadata.rules.plain_images import is_plain_and_right
from catalog.metadata.rules.plates import check_plates
from catalog.metadata.rules.registry import RULES
from catalog.metadata.rules.scenes import check_connected, check_scenes, check_unreferenced
from catalog.metadata.rules.strict import check_strictly
from catalog.metadata.versions import Version, known_version

_OF_A_DOCUMENT: tuple[Callable[[Document], Iterable[Problem]], ...] = (
    check_axes,
    check_transformations,
    check_images,
    check_scenes,
    check_labels,
    check_plates,
    check_collections,
)
_OF_A_HIERARCHY: tuple[Callable[[Hierarchy], Iterator[Problem]], ...] = (
    check_label_images,
    check_unreferenced,
    check_connected,
    check_versions,
)


def check(
    nodes: Mapping[str, Node], *, strict: bool = False, assembly: Assembly | None = None
) -> tuple[Problem, ...]:
    """Check all documents of a hierarchy, each by the rules of its version.

    Parameters
    ----------
    nodes
        Groups and arrays by their path from the root of the hierarchy (``""``).
    strict
        Also ask for what the specification's strict schemas ask for.
    assembly
        What `assemble` made of `nodes`, when it is at hand.

    Returns
    -------
    tuple[Problem, ...]
        What reading, assembling and the rules found: by location, then by pointer.
        The documents are valid when none of them is an error.
    """
    assembly = assembly if assembly is not None else assemble(nodes)
    return _sorted(_problems(nodes, assembly, strict=strict, alone=False))


def check_attributes(
    attributes: dict[str, Any], *, zarr_format: int = 3, strict: bool = False
) -> tuple[Problem, ...]:
    """Check one group's attributes alone; what other documents decide is not judged.

    Examples
    --------
    >>> [problem.code for problem in check_attributes({"ome": {"version": "0.5", "series": []}})]
    []
    >>> [problem.code for problem in check_attributes({})]
    ['no-metadata']
    """
    from catalog.metadata.read import read_group

    node = read_group(attributes, zarr_format=zarr_format)
    if node is None:
        return (
            Problem("no-metadata", "", "error", "There is no OME-Zarr metadata in the attributes."),
        )
    if _is_empty(node) and all(problem.severity == "warning" for problem in node.problems):
        words = "The metadata holds nothing that OME-Zarr knows (multiscales, scene, plate, …)."
        return (Problem("no-metadata", as_pointer(node.base), "error", words),)
    nodes: dict[str, Node] = {"": node}
    found = _problems(nodes, assemble(nodes), strict=strict, alone=True)
    return _sorted(found)


def _is_empty(node: GroupNode) -> bool:
    """Say whether reading found nothing that makes a group anything at all."""
    known = (node.plate, node.well, node.labels, node.series, node.bioformats2raw)
    described = node.images or node.scene is not None or node.image_label is not None
    return not described and all(part is None for part in known) and not node.spatialdata


def _problems(
    nodes: Mapping[str, Node], assembly: Assembly, *, strict: bool, alone: bool
) -> Iterator[Problem]:
    edges = {(e.group, e.pointer): e for e in assembly.edges if e.origin != "dataset"}
    groups = [(place, node) for place, node in nodes.items() if isinstance(node, GroupNode)]
    hierarchy = Hierarchy(nodes, sorted(groups, key=itemgetter(0)), assembly, edges, alone)
    found: list[Problem] = [*assembly.problems]
    for location, node in groups:
        document = Document(hierarchy, location, node, known_version(node.version))
        if node.problems:
            found += [replace(problem, location=location) for problem in node.problems]
        if not is_in_order(document):
            wrong = [] if is_plain_and_right(document) else _broken(document)
            found += wrong
            if not wrong:
                note_in_order(document)
        if strict:
            found += check_strictly(document)
    for rule_of_all in _OF_A_HIERARCHY:
        found += rule_of_all(hierarchy)
    for problem in found:
        if not (alone and _is_decided_elsewhere(problem, nodes)):
            yield _pointed(problem, nodes.get(problem.location))


def _broken(document: Document) -> list[Problem]:
    return [problem for rule in _OF_A_DOCUMENT for problem in rule(document)]


def _pointed(problem: Problem, node: Node | None) -> Problem:
    """Let a problem point to what stands in the document, where its place was left out there."""
    standing: object = node.attributes if node is not None else {}
    steps = problem.pointer.split("/")
    for index, step in enumerate(steps[1:], start=1):
        token = step.replace("~1", "/").replace("~0", "~")
        if isinstance(standing, dict) and token in standing:
            standing = standing[token]
        elif isinstance(standing, list) and token.isdecimal() and int(token) < len(standing):
            standing = standing[int(token)]
        else:
            return replace(problem, pointer="/".join(steps[:index]))
    return problem


def _is_decided_elsewhere(problem: Problem, nodes: Mapping[str, Node]) -> bool:
    """Say whether another document could make a problem go away."""
    rule = RULES.get(problem.code)
    if rule is not None and rule.elsewhere:
        return True
    node = nodes.get(problem.location)
    # Before 0.6.dev3 a scene may name the systems and the locations of its images.
    return (
        problem.code == "unknown-system"
        and isinstance(node, GroupNode)
        and node.scene is not None
        and known_version(node.version) < Version.V06_DEV3
    )


def _sorted(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Order problems, and leave out what was found twice."""
    unique = dict.fromkeys(problems)
    return tuple(sorted(unique, key=lambda found: (found.location, found.pointer, found.code)))
