"""What an index keeps of an edge: its matrix where it is affine, and whether it can be inverted."""

from __future__ import annotations

from collections.abc import Mapping

from catalog.crawl.parameters import Parameters
from catalog.crawl.records import TransformationRecord
from catalog.errors import DocumentError, StoreError
from catalog.geometry.classify import judge
from catalog.metadata.assembly import Edge, System, SystemKey

Rows = tuple[tuple[float, ...], ...]
_ENDS = {"input", "output"}


def transformation_record(
    edge: Edge,
    systems: Mapping[SystemKey, System],
    positions: Mapping[SystemKey, int],
    parameters: Parameters,
) -> TransformationRecord:
    """Make the record of an edge."""
    transformation = edge.transformation
    ndim_in = systems[edge.input].ndim
    ndim_out = systems[edge.output].ndim
    try:
        judged = judge(transformation, ndim_in, ndim_out, parameters.reader(edge.group))
    except (StoreError, DocumentError):  # `check_parameters` says so
        judged = judge(transformation, ndim_in, ndim_out, None)
    return TransformationRecord(
        group=edge.group,
        pointer=edge.pointer,
        name=edge.name,
        type=transformation.type,
        input=positions[edge.input],
        output=positions[edge.output],
        parameters=transformation.model_dump_json(exclude=_ENDS),
        affine=judged.affine,
        inverse_affine=judged.inverse_affine,
        invertibility=judged.invertibility,
        origin=edge.origin,
        image=edge.image,
    )


def scale_of(rows: Rows | None) -> tuple[float, ...] | None:
    """Give the size of a step along each axis, where a matrix only scales and moves."""
    if rows is None or any(len(row) != len(rows) + 1 for row in rows):
        return None
    for index, row in enumerate(rows):
        if any(row[:index]) or any(row[index + 1 : -1]):
            return None
    return tuple([abs(row[index]) for index, row in enumerate(rows)])
