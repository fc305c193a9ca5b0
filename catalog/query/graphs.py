"""A part of the catalog as one graph, to be drawn or walked in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from catalog.database.schema import coordinate_system, transformation, zarr_group
from catalog.graph.edges import GraphSystem
from catalog.graph.transform_graph import TransformGraph
from catalog.metadata.axes import Axis
from catalog.query.addresses import address, below
from catalog.query.component import Edge, Node, graph_edge
from catalog.query.listings import axis_layouts

if TYPE_CHECKING:
    from collections.abc import Callable

    from catalog.geometry.field import FieldReader

_SYSTEM = ("id", "array_path", "name", "kind", "ndim", "axis_layout_id")


class _System(NamedTuple):
    """A coordinate system's row, with the URL of its group."""

    url: str
    id: int
    array_path: str
    name: str
    kind: str
    ndim: int | None
    axis_layout_id: int | None


def graph(
    connection: sa.Connection,
    url: str,
    fields_for: Callable[[str], FieldReader] | None = None,
) -> TransformGraph:
    """Give the graph of the systems at and below a URL.

    Transformations that lead out of there are in it, with the systems that they lead to:
    a tile comes with the scene's systems that it is placed in.

    Parameters
    ----------
    url
        Of a group, or of a folder above groups.
    fields_for
        Gives, for the group that declares an edge, what opens the fields it names.
    """
    layouts = {
        id_: tuple(Axis(name=axis.name, type=axis.type, unit=axis.unit) for axis in axes)
        for id_, axes in axis_layouts(connection).items()
    }
    result = TransformGraph()

    def add(system: _System) -> str:
        place = address(system.url, system.array_path, system.name)
        if place not in result:
            axes = None if system.axis_layout_id is None else layouts[system.axis_layout_id]
            result.add_system(GraphSystem(place, axes, system.ndim, system.kind))
        return place

    inside = sa.select(*_columns(coordinate_system, zarr_group)).join(
        zarr_group, coordinate_system.c.group_id == zarr_group.c.id
    )
    present = sa.and_(zarr_group.c.removed_at.is_(None), below(zarr_group.c.url, url))
    order = (zarr_group.c.url, coordinate_system.c.array_path, coordinate_system.c.name)
    for row in connection.execute(inside.where(present).order_by(*order)):
        add(_System._make(row))
    width = len(_System._fields)
    rows: dict[int, tuple[Any, ...]] = {}
    for statement in _edges_touching(url):
        rows |= {row[2 * width]: tuple(row) for row in connection.execute(statement)}
    for _, values in sorted(rows.items()):
        one, other = _System._make(values[:width]), _System._make(values[width : 2 * width])
        id_, *declared = values[2 * width :]
        nodes = {system.id: Node(add(system), system.ndim) for system in (one, other)}
        edge = graph_edge(Edge(id_, one.id, other.id, *declared), nodes)
        if fields_for is not None and edge.invertibility != "closed":
            edge = edge.reading(fields_for(edge.group))
        result.add_edge(edge)
    return result


def _columns(system: sa.FromClause, group: sa.FromClause) -> tuple[sa.ColumnElement[Any], ...]:
    return (group.c.url, *(system.c[name] for name in _SYSTEM))


def _edges_touching(url: str) -> list[sa.Select[Any]]:
    """Make the statements for edges that leave, and for those that reach, what is below a URL."""
    ends = [coordinate_system.alias(name) for name in ("one", "other")]
    groups = [zarr_group.alias(name) for name in ("one_group", "other_group")]
    declaring = zarr_group.alias("declaring")
    edge = (
        *(transformation.c[name] for name in ("id", "type", "name", "origin", "invertibility")),
        declaring.c.url,
        *(transformation.c[name] for name in ("pointer", "affine", "inverse_affine", "parameters")),
    )
    whole = (
        sa.select(*_columns(ends[0], groups[0]), *_columns(ends[1], groups[1]), *edge)
        .select_from(transformation)
        .join(ends[0], transformation.c.input_id == ends[0].c.id)
        .join(groups[0], ends[0].c.group_id == groups[0].c.id)
        .join(ends[1], transformation.c.output_id == ends[1].c.id)
        .join(groups[1], ends[1].c.group_id == groups[1].c.id)
        .join(declaring, transformation.c.group_id == declaring.c.id)
        .where(declaring.c.removed_at.is_(None))
    )
    return [whole.where(below(group.c.url, url)) for group in groups]
