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
from catalog.metadata.transformations import AnyTransform, Scale, Sequence, Translation

Rows = tuple[tuple[float, ...], ...]
_ENDS = {"input", "output"}


class _Facts(NamedTuple):
    """What is a function of a transformation, and of the number of axes at its ends."""

    transformation: AnyTransform
    parameters: str
    judged: Judgement


_FACTS = Note[dict[tuple[str, int | None, int | None], _Facts]]()


def transformation_record(
    edge: Edge,
    node: Node | None,
    systems: Mapping[SystemKey, System],
    positions: Mapping[SystemKey, int],
    parameters: Parameters,
) -> TransformationRecord:
    """Make the record of an edge that the document of `node` declares."""
    group, pointer, name, start, finish, transformation, origin, image = edge
    ndims = systems[start].ndim, systems[finish].ndim
    known: dict[tuple[str, int | None, int | None], _Facts] = {}
    if isinstance(node, GroupNode):
        known = _FACTS.on(node) or _FACTS.write(node, known)
    facts = known.get((pointer, *ndims))
    # Assembling may have put another transformation in the place of the document's own.
    if facts is None or facts.transformation is not transformation:
        reader = parameters.reader(group)
        try:
            judged = judge(transformation, *ndims, reader)
        except (StoreError, DocumentError):  # `check_parameters` says so
            judged = judge(transformation, *ndims, None)
        text = _usual_text(transformation)
        if text is None:
            text = transformation.model_dump_json(exclude=_ENDS)
            facts = _Facts(transformation, text, judged)
        else:  # all of it is in the document, and nothing in stored parameters
            facts = known[pointer, *ndims] = _Facts(transformation, text, judged)
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


def _usual_text(transformation: AnyTransform) -> str | None:
    """Write a scale, a translation, or a sequence of these as JSON without its ends.

    It is what `model_dump_json` writes, in a fifth of the time. None for all others, and
    for what says more than its numbers and its name.
    """
    if isinstance(transformation, Sequence):
        members = [_usual(member) for member in transformation.transformations]
        if None in members or transformation.model_extra:
            return None
        usual: dict[str, object] | None = {"type": "sequence", "transformations": members}
    else:
        usual = _usual(transformation, whole=False)
    if usual is None:
        return None
    if transformation.name is not None:
        usual = {"type": usual.pop("type"), "name": transformation.name, **usual}
    return to_json(usual, inf_nan_mode="constants").decode()


def _usual(transformation: AnyTransform, *, whole: bool = True) -> dict[str, object] | None:
    """Give all that a scale or a translation says, where that is nothing but its numbers.

    Its ends and its name are not asked for unless it is to be `whole`.
    """
    if isinstance(transformation, Scale):
        key, values = "scale", transformation.scale
    elif isinstance(transformation, Translation):
        key, values = "translation", transformation.translation
    else:
        return None
    if values is None or transformation.path is not None or transformation.model_extra:
        return None
    if whole and (
        transformation.input is not None
        or transformation.output is not None
        or transformation.name is not None
    ):
        return None
    return {"type": key, key: values}


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
