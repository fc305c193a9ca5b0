"""Elements of a spatialdata container lead to one shared system, each with axes of its own."""

from __future__ import annotations

from catalog.metadata.assembly.draft import Axes, Draft
from catalog.metadata.assembly.values import Edge
from catalog.metadata.nodes import GroupNode
from catalog.metadata.transformations import AnyTransform, MapAxis, ProjectAxis, Sequence


def aligned(draft: Draft, edge: Edge) -> Edge:
    """Let an edge end in the axes of the container's shared system.

    A container's elements write the shared system inline, with the axes they have
    (an image ``cyx``, its labels ``yx``): axes are put in the shared order, and those
    that an element does not have are created, as zeros.
    """
    if edge.output.location not in draft.containers:
        return edge
    written = _written_axes(draft, edge)
    shared = draft.by_key[edge.output].axes
    if written is None or shared is None:
        return edge
    steps = _steps([axis.name for axis in written], [axis.name for axis in shared])
    if not steps:
        return edge
    ends = {"input": None, "output": None}
    transformation = Sequence(
        input=edge.transformation.input,
        output=edge.transformation.output,
        name=edge.transformation.name,
        transformations=(edge.transformation.model_copy(update=ends), *steps),
    )
    return edge._replace(transformation=transformation)


def _written_axes(draft: Draft, edge: Edge) -> Axes | None:
    node = draft.nodes[edge.group]
    assert isinstance(node, GroupNode)
    if edge.image is not None:
        declared = node.images[edge.image].coordinateSystems
    else:
        declared = (node.scene.coordinateSystems or ()) if node.scene is not None else ()
    return next((system.axes for system in declared if system.name == edge.output.name), None)


def _steps(names: list[str], shared: list[str]) -> list[AnyTransform]:
    if names == shared or not set(names) <= set(shared):
        return []
    steps: list[AnyTransform] = []
    wanted = [name for name in shared if name in names]
    if wanted != names:
        steps.append(MapAxis(mapAxis=tuple([names.index(name) for name in wanted])))
    created = tuple([index for index, name in enumerate(shared) if name not in names])
    if created:
        steps.append(ProjectAxis(createdOutputs=created))
    return steps
