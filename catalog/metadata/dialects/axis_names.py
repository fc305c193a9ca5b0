"""Turn axes given by name into indices, once the systems at both ends are known."""

from __future__ import annotations

import operator
from collections.abc import Sequence as Many
from typing import Any, TypeVar

from catalog.metadata.base import NORMAL, Model
from catalog.metadata.transformations import (
    Affine,
    AnyTransform,
    Bijection,
    ByDimension,
    ByDimensionItem,
    Identity,
    MapAxis,
    Scale,
    Sequence,
    Translation,
)

AxisNames = Many[str] | None

_ARRAY_AXIS = "dim_"

_Composite = TypeVar("_Composite", Sequence, ByDimension, Bijection, Affine)
_Part = TypeVar("_Part", bound=Model)


def resolve_axis_names(
    transformation: AnyTransform, input_axes: AxisNames, output_axes: AxisNames
) -> AnyTransform:
    """Replace names of axes in a transformation by indices.

    Before 0.6.dev3, byDimension and mapAxis could name their axes. `read_group` resolves
    such names when the same document declares the systems at both ends; of a transformation
    between systems of other documents, the one who knows these systems calls this.

    Parameters
    ----------
    transformation
        As read; one without names comes back as the same object.
    input_axes, output_axes
        Names of the axes of the systems at its ends, in order; None where unknown. The
        axes of an array without names are ``dim_0``, ``dim_1``, and are always known.

    Returns
    -------
    AnyTransform
        With all names resolved that can be; `unresolved_axes` tells what is left.
    """
    if isinstance(transformation, MapAxis):
        return _map_axis(transformation, input_axes, output_axes)
    if isinstance(transformation, ByDimension):
        items = tuple(
            _item(item, input_axes, output_axes) for item in transformation.transformations
        )
        return _with(transformation, transformations=items)
    if isinstance(transformation, Sequence):
        return _sequence(transformation, input_axes, output_axes)
    if isinstance(transformation, Bijection):
        return _with(
            transformation,
            forward=resolve_axis_names(transformation.forward, input_axes, output_axes),
            inverse=resolve_axis_names(transformation.inverse, output_axes, input_axes),
        )
    if isinstance(transformation, Affine) and transformation.flatAffine is not None:
        return _affine(transformation, input_axes, output_axes)
    return transformation


def unresolved_axes(transformation: AnyTransform) -> tuple[str, ...]:
    """Return the names of axes that are left in a transformation, sorted.

    Empty for one that can be used. A flat affine list that nobody could break into
    rows is left as the name ``affine``.
    """
    names: set[str] = set()
    _collect(transformation, names)
    return tuple(sorted(names))


def _collect(transformation: AnyTransform, names: set[str]) -> None:
    if isinstance(transformation, MapAxis):
        for pair in _named_map(transformation).items():
            names.update(pair)
    elif isinstance(transformation, ByDimension):
        for item in transformation.transformations:
            names.update(_named(item, "input_axes") or (), _named(item, "output_axes") or ())
            _collect(item.transformation, names)
    elif isinstance(transformation, Sequence):
        for member in transformation.transformations:
            _collect(member, names)
    elif isinstance(transformation, Bijection):
        _collect(transformation.forward, names)
        _collect(transformation.inverse, names)
    elif isinstance(transformation, Affine) and transformation.flatAffine is not None:
        names.add("affine")


def _sequence(value: Sequence, input_axes: AxisNames, output_axes: AxisNames) -> AnyTransform:
    """Resolve the members; scales and translations carry the names of axes on."""
    members = value.transformations
    carried: list[AxisNames] = [input_axes, *(None for _ in members)]
    for i, member in enumerate(members[:-1]):
        carried[i + 1] = carried[i] if _keeps_axes(member) else None
    if members:
        carried[-1] = output_axes
    for i in range(len(members) - 1, 0, -1):
        if carried[i] is None and _keeps_axes(members[i]):
            carried[i] = carried[i + 1]
    resolved = tuple(
        resolve_axis_names(member, carried[i], carried[i + 1]) for i, member in enumerate(members)
    )
    return _with(value, transformations=resolved)


def _keeps_axes(value: AnyTransform) -> bool:
    return isinstance(value, (Identity, Scale, Translation))


def _map_axis(value: MapAxis, input_axes: AxisNames, output_axes: AxisNames) -> AnyTransform:
    names = _named_map(value)
    if not names:
        return value
    # Without an output system, the order of the document's own keys is all there is.
    outputs = list(output_axes) if output_axes is not None else None
    if outputs is None or not set(outputs) <= set(names):
        return value
    order = _positions([names[output] for output in outputs], input_axes)
    if order is None:
        return value
    extra = {k: v for k, v in (value.model_extra or {}).items() if k != "axisNames"}
    shared: dict[str, Any] = {
        "input": value.input,
        "output": value.output,
        "name": value.name,
        **extra,
    }
    if input_axes is not None and sorted(order) == list(range(len(input_axes))):
        return _new(MapAxis, **shared, mapAxis=order)
    # It drops axes, or uses one twice: in 0.6 no mapAxis, but a byDimension says it.
    item = _new(
        ByDimensionItem,
        transformation=Identity(),
        inputAxes=order,
        outputAxes=tuple(range(len(order))),
    )
    return _new(ByDimension, **shared, transformations=(item,))


def _item(item: ByDimensionItem, input_axes: AxisNames, output_axes: AxisNames) -> ByDimensionItem:
    changes: dict[str, Any] = {}
    dropped: set[str] = set()
    inner: list[AxisNames] = []
    for key, names_key, axes in (
        ("inputAxes", "input_axes", input_axes),
        ("outputAxes", "output_axes", output_axes),
    ):
        indices: tuple[int, ...] = getattr(item, key)
        names = _named(item, names_key)
        if names is not None and (found := _positions(names, axes)) is not None:
            changes[key] = indices = found
            dropped.add(names_key)
        known = axes is not None and all(i < len(axes) for i in indices)
        inner.append(names or ([axes[i] for i in indices] if known and axes is not None else None))
    inside = resolve_axis_names(item.transformation, inner[0], inner[1])
    if inside is not item.transformation:
        changes["transformation"] = inside
    if not changes:
        return item
    extra = {k: v for k, v in (item.model_extra or {}).items() if k not in dropped}
    kept = {"transformation": item.transformation, "inputAxes": item.inputAxes}
    return _new(ByDimensionItem, **{**kept, "outputAxes": item.outputAxes, **extra, **changes})


def _affine(value: Affine, input_axes: AxisNames, output_axes: AxisNames) -> AnyTransform:
    flat = value.flatAffine or ()
    if input_axes is not None:
        width = len(input_axes) + 1
    elif output_axes is not None and len(flat) % len(output_axes) == 0:
        width = len(flat) // len(output_axes)
    else:
        return value
    if len(flat) % width:
        return value
    rows = tuple(flat[start : start + width] for start in range(0, len(flat), width))
    return _with(value, affine=rows, flatAffine=None)


def _positions(names: Many[str], axes: AxisNames) -> tuple[int, ...] | None:
    """Return where the names stand among the axes, None if one does not."""
    if axes is not None and all(name in axes for name in names):
        return tuple(list(axes).index(name) for name in names)
    numbers = [name.removeprefix(_ARRAY_AXIS) for name in names]
    implicit = all(
        name.startswith(_ARRAY_AXIS) and number.isascii() and number.isdecimal()
        for name, number in zip(names, numbers, strict=True)
    )
    return tuple(int(number) for number in numbers) if implicit else None


def _named_map(value: MapAxis) -> dict[str, str]:
    names = (value.model_extra or {}).get("axisNames")
    if not isinstance(names, dict) or value.mapAxis:
        return {}
    return names if all(isinstance(name, str) for name in names.values()) else {}


def _named(item: ByDimensionItem, key: str) -> list[str] | None:
    names = (item.model_extra or {}).get(key)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return None
    return names


def _with(value: _Composite, **changes: object) -> _Composite:
    """Return the value with these fields changed; the same object when none differs."""
    if all(_same(getattr(value, key), item) for key, item in changes.items()):
        return value
    return value.model_copy(update=changes)


def _same(one: object, other: object) -> bool:
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(operator.is_, one, other))
    return one is other


def _new(model: type[_Part], **fields: object) -> _Part:
    return model.model_validate(fields, context=NORMAL)
