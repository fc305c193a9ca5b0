"""Axes that a scene's transformation names, while other documents declare its systems.

Before 0.6.dev3, byDimension and mapAxis could name their axes. The reader resolves what
one document says alone; here both ends are known, wherever they are declared.
"""

from __future__ import annotations

from catalog.metadata.assembly.draft import Draft
from catalog.metadata.assembly.values import Edge, SystemKey
from catalog.metadata.dialects.axis_names import resolve_axis_names, unresolved_axes
from catalog.metadata.rules.registry import problem

_MAY_NAME_AXES = frozenset(("mapAxis", "byDimension", "sequence", "bijection", "affine"))


def with_indices(draft: Draft, edge: Edge) -> Edge:
    """Turn the names of axes in an edge's transformation into indices.

    Names that neither end has are left, and a problem is recorded: such an edge is
    kept, and an error when it is used.
    """
    if edge.transformation.type not in _MAY_NAME_AXES or not unresolved_axes(edge.transformation):
        return edge
    resolved = resolve_axis_names(
        edge.transformation, _names(draft, edge.input), _names(draft, edge.output)
    )
    if names := unresolved_axes(resolved):
        draft.problems.append(
            problem(
                "unknown-axis",
                edge.pointer,
                f"no coordinate system at its ends has the axes {', '.join(names)}",
                edge.group,
            )
        )
    return edge._replace(transformation=resolved)


def _names(draft: Draft, key: SystemKey) -> list[str] | None:
    axes = draft.by_key[key].axes
    return None if axes is None else [axis.name for axis in axes]
