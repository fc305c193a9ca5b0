"""What an index keeps of an edge: its matrix where it is affine, and whether it can be inverted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pydantic_core import to_json

from catalog.crawl.parameters import Parameters
from catalog.crawl.records import TransformationRecord
from catalog.errors import DocumentError, StoreError
from catalog.geometry.classify import Judgement, edge_mapping, judge
from catalog.geometry.steps import Mapping as PointMapping
from catalog.metadata.assembly import Edge, System, SystemKey
from catalog.metadata.nodes import GroupNode, Node, Note
from catalog.metadata.transformations import AnyTransform
from catalog.metadata.usual import Usual, usual

Rows = tuple[tuple[float, ...], ...]
_ENDS = {"input", "output"}


class _Facts(NamedTuple):
    """What is a function of a transformation, and of the number of axes at its ends."""

    transformation: AnyTransform
    parameters: str
    judged: Judgement


Known = dict[tuple[str, int | None, int | None], _Facts]
_KNOWN = Note[Known]()


def known_edges(node: Node | None) -> Known:
    """Give what is known of the edges of a document, and is to be kept with it."""
    if not isinstance(node, GroupNode):
        return {}
    known = _KNOWN.on(node)
    return known if known is not None else _KNOWN.write(node, {})


def transformation_record(
    edge: Edge,
    known: Known,
    systems: Mapping[SystemKey, System],
    positions: Mapping[SystemKey, int],
    parameters: Parameters,
) -> TransformationRecord:
    """Make the record of an edge; `known` is of the document that declares it."""
    group, pointer, name, start, finish, transformation, origin, image = edge
    place = pointer, systems[start].ndim, systems[finish].ndim
    facts = known.get(place)
    # Assembling may have put another transformation in the place of the document's own.
    if facts is None or facts.transformation is not transformation:
        numbers = usual(transformation)
        if numbers is None:
            facts = _facts(transformation, place[1], place[2], parameters, group)
        else:  # all of it is in the document
            judged = judge(transformation, place[1], place[2])
            text = _usual_text(transformation, numbers) or _text(transformation)
            facts = known[place] = _Facts(transformation, text, judged)
    return TransformationRecord(
        group,
        pointer,
        name,
        transformation.type,
        positions[start],
        positions[finish],
        facts.parameters,
        *facts.judged,
        origin,
        image,
    )


def _facts(
    transformation: AnyTransform,
    ndim_in: int | None,
    ndim_out: int | None,
    parameters: Parameters,
    group: str,
) -> _Facts:
    try:
        judged = judge(transformation, ndim_in, ndim_out, parameters.reader(group))
    except (StoreError, DocumentError):  # `check_parameters` says so
        judged = judge(transformation, ndim_in, ndim_out, None)
    return _Facts(transformation, _text(transformation), judged)


def _text(transformation: AnyTransform) -> str:
    """Write a transformation as JSON without its ends."""
    return transformation.model_dump_json(exclude=_ENDS)


def _usual_text(transformation: AnyTransform, numbers: Usual) -> str | None:
    """Write a usual transformation as `_text` does, in a fifth of the time.

    None for one that says more than its numbers and its name.
    """
    if transformation.model_extra:
        return None
    said: dict[str, object] = {"type": transformation.type}
    if transformation.name is not None:
        said["name"] = transformation.name
    if transformation.type == "sequence":
        for part in transformation.transformations:
            if part.name is not None or part.input is not None or part.output is not None:
                return None
            if part.model_extra:
                return None
        said["transformations"] = [
            {"type": "scale", "scale": numbers[0]},
            {"type": "translation", "translation": numbers[1]},
        ]
    else:
        said[transformation.type] = numbers[0] if numbers[1] is None else numbers[1]
    return to_json(said, inf_nan_mode="constants").decode()


def edge_mapping_of(
    edge: Edge, systems: Mapping[SystemKey, System], parameters: Parameters
) -> PointMapping:
    """Make what moves points along an edge.

    Raises
    ------
    TransformationError
        When the transformation breaks a rule.
    StoreError, DocumentError
        When its parameters cannot be read.
    """
    return edge_mapping(
        edge.transformation,
        systems[edge.input].ndim,
        systems[edge.output].ndim,
        parameters.reader(edge.group),
        place=f"{edge.group}{edge.pointer}",
    )


def scale_of(rows: Rows | None) -> tuple[float, ...] | None:
    """Give the size of a step along each axis, where a matrix only scales and moves."""
    if rows is None:
        return None
    for index, row in enumerate(rows):
        if len(row) != len(rows) + 1 or any(row[:index]) or any(row[index + 1 : -1]):
            return None
    return tuple([abs(row[index]) for index, row in enumerate(rows)])
