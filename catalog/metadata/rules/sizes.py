"""How many axes a transformation leads to, and which axis of a field holds its vectors."""

from __future__ import annotations

from catalog.metadata import transformations as tf
from catalog.metadata.nodes import ArrayNode


def annotated_axis(node: ArrayNode, kind: str) -> int | None:
    """Find an axis by its type in what an array itself says of its axes (before 0.6.dev4)."""
    found: object = node.attributes.get("ome")
    for key in ("coordinateSystems", 0, "axes"):
        if isinstance(found, dict):
            found = found.get(key)
        elif isinstance(found, list) and found:
            found = found[0]
    for index, axis in enumerate(found if isinstance(found, list) else ()):
        if isinstance(axis, dict) and axis.get("type") == kind and index < len(node.shape):
            return index
    return None


def output_size(transformation: tf.AnyTransform, inputs: int | None) -> int | None:
    """Tell the number of axes that a transformation leads to, as far as it says so itself."""
    if isinstance(transformation, tf.Scale):
        return inputs if transformation.scale is None else len(transformation.scale)
    if isinstance(transformation, tf.Translation):
        return inputs if transformation.translation is None else len(transformation.translation)
    if isinstance(transformation, tf.Affine):
        return None if transformation.affine is None else len(transformation.affine)
    if isinstance(transformation, tf.Rotation):
        return inputs if transformation.rotation is None else len(transformation.rotation)
    if isinstance(transformation, tf.MapAxis):
        return len(transformation.mapAxis)
    if isinstance(transformation, tf.ProjectAxis):
        if inputs is None:
            return None
        dropped = transformation.droppedInputs or ()
        return inputs - len(dropped) + len(transformation.createdOutputs or ())
    if isinstance(transformation, tf.Sequence):
        current = inputs
        for part in transformation.transformations:
            current = output_size(part, current)
        return current
    if isinstance(transformation, tf.ByDimension):
        given = [axis for item in transformation.transformations for axis in item.outputAxes]
        return max(given) + 1 if given else None
    if isinstance(transformation, tf.Bijection):
        return output_size(transformation.forward, inputs)
    return None if isinstance(transformation, tf.Coordinates) else inputs
