"""The transformations that nearly all edges of a collection are: told apart at once.

A scale, a translation, or a scale followed by a translation, with the numbers inline.
Whoever goes through all edges asks this first, and looks closely at what is left.
"""

from __future__ import annotations

from catalog.metadata.transformations import AnyTransform, Vector

Usual = tuple[Vector | None, Vector | None]
"""The factors of the scale and the vector of the translation: one of them, or both."""


def usual(transformation: AnyTransform) -> Usual | None:
    """Give the numbers of a usual transformation; None for every other one.

    Examples
    --------
    >>> from catalog.metadata.transformations import Scale, Sequence, Translation
    >>> scale, move = Scale(scale=(2, 3)), Translation(translation=(0, 1))
    >>> usual(scale), usual(Sequence(transformations=(scale, move)))
    (((2.0, 3.0), None), ((2.0, 3.0), (0.0, 1.0)))
    >>> usual(Sequence(transformations=(move, scale))) is None
    True
    """
    # Each type by its name: `isinstance` asks pydantic's metaclass wherever the answer is no.
    if transformation.type == "sequence":
        parts = transformation.transformations
        if len(parts) != 2:
            return None
        first, second = parts
        if first.type != "scale" or second.type != "translation":
            return None
        factors, offsets = first.scale, second.translation
        if factors is None or offsets is None or first.path is not None:
            return None
        return None if second.path is not None else (factors, offsets)
    if transformation.type == "scale":
        factors = transformation.scale
        return None if factors is None or transformation.path is not None else (factors, None)
    if transformation.type == "translation":
        offsets = transformation.translation
        return None if offsets is None or transformation.path is not None else (None, offsets)
    return None
