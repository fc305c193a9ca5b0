"""A place: what images are looked for by where they lie; and what is found there."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

from catalog.errors import UsageError
from catalog.geometry.relations import Relation
from catalog.geometry.units import factor, unit_size
from catalog.query.addresses import SystemRow
from catalog.query.listings import AxisListing

Sides = str | Mapping[str, float | tuple[float | None, float | None]]
"""A box as ``x=10:20,y=5:9``, or the same by name of axis; one number has no width."""

_SIDE = re.compile(
    r"\s*(?:(?P<axis>[^=]*?)\s*=)?\s*(?P<low>[^:=]*?)\s*(?P<to>:\s*(?P<high>[^:=]*?)\s*)?"
)


class Side(NamedTuple):
    """Where a box begins and ends along an axis; infinite where it does not.

    `axis` is None where the axes stand in their order.
    """

    axis: str | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Place:
    """A box in a coordinate system, or an image; and how images are to lie to it.

    Attributes
    ----------
    system, sides
        Address of the system, and the box; None and empty for an image.
    image
        Of which the place is the box.
    unit
        That the numbers of the box are in; None for those of the axes.
    """

    relation: Relation
    system: str | None = None
    sides: tuple[Side, ...] = ()
    image: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """The images that were found at a place, and what is to be said of the others.

    Attributes
    ----------
    ids
        Of the images, in their order.
    approximate
        Those of them whose box was found by sampling, and widened: they may lie beside it.
    unplaceable
        How many images of the component have no box, so that nobody knows.
    notes
        What is to be said, in sentences.
    about
        What was asked for, as text.
    """

    ids: Sequence[int]
    approximate: frozenset[int]
    unplaceable: int
    notes: tuple[str, ...]
    about: str


def place_of(
    *,
    in_: str | None = None,
    box: Sides | None = None,
    point: Sides | None = None,
    overlaps: Sides | None = None,
    within: Sides | None = None,
    contains: Sides | None = None,
    in_unit: str | None = None,
) -> Place | None:
    """Read what somebody asks for; None when it is no place.

    Raises
    ------
    UsageError
        When it is half of a place, or more than one.

    Examples
    --------
    >>> place_of(in_="atlas", box="x=10:20").sides
    (Side(axis='x', low=10.0, high=20.0),)
    """
    given = {
        "box": box,
        "point": point,
        "overlaps": overlaps,
        "within": within,
        "contains": contains,
    }
    asked = [(name, value) for name, value in given.items() if value is not None]
    if not asked:
        if in_ is not None:
            raise UsageError(
                f"What in {in_}? Give a box or a point in it too, such as --box x=10:20,y=5:9."
            )
        if in_unit is not None:
            raise UsageError("A unit of a box needs the box: --in SYSTEM --box x=10:20 --unit ….")
        return None
    if len(asked) > 1:
        names = " and ".join(f"--{name}" for name, _ in asked)
        raise UsageError(f"{names} are several places; give one of them.")
    [(name, value)] = asked
    relation = cast(Relation, name) if name in {"within", "contains"} else "overlaps"
    if in_ is None:
        if name in {"box", "point"} or not isinstance(value, str):
            raise UsageError(
                f"In which coordinate system does this {name if name == 'point' else 'box'} lie? "
                "Say it with --in SYSTEM."
            )
        if in_unit is not None:
            raise UsageError("An image has its own unit; --unit goes with --in and a box.")
        return Place(relation, image=value)
    sides = read_sides(value, pointed=name == "point")
    return Place(relation, system=in_, sides=sides, unit=in_unit)


def read_sides(value: Sides, *, pointed: bool = False) -> tuple[Side, ...]:
    """Read the sides of a box or, with `pointed`, the coordinates of a point.

    Raises
    ------
    UsageError
        When they are none.
    """
    sides: list[Side] = []
    if isinstance(value, str):
        for part in value.split(","):
            found = _SIDE.fullmatch(part)
            ends = None if found is None else _ends(found["low"], found["to"], found["high"])
            if found is None or ends is None:
                example = "x=10,y=5" if pointed else "x=10:20,y=5:9"
                what = "coordinate of a point" if pointed else "side of a box"
                raise UsageError(f"{part.strip()!r} is no {what}; write {example}.")
            sides.append(Side(found["axis"], *ends))
    else:
        for axis, given in value.items():
            try:
                first, last = given if isinstance(given, tuple) else (given, given)
                low = -math.inf if first is None else float(first)
                high = math.inf if last is None else float(last)
            except (TypeError, ValueError):
                raise UsageError(
                    f"{given!r} is no side of a box along {axis}: give a number, or two as a "
                    "tuple, of which None has no end."
                ) from None
            sides.append(Side(axis, low, high))
    for side in sides:
        low, high = side.low, side.high
        called = f"along {side.axis}" if side.axis else "here"
        if math.isnan(low) or math.isnan(high) or low == math.inf or high == -math.inf:
            raise UsageError(f"The box has no place {called}: its ends must be numbers.")
        if low > high:
            raise UsageError(f"The box is empty {called}: {low!r} is more than {high!r}.")
        if pointed and low != high:
            raise UsageError(f"A point has one coordinate {called}, not {low!r} to {high!r}.")
    names = [side.axis for side in sides if side.axis is not None]
    if names and len(names) < len(sides):
        raise UsageError("Some sides of the box have names and some have none.")
    if len(set(names)) < len(names):
        raise UsageError("The box names an axis twice.")
    if not sides:
        raise UsageError("The box has no sides; write x=10:20,y=5:9.")
    return tuple(sides)


def _ends(low: str, to: str | None, high: str | None) -> tuple[float, float] | None:
    try:
        first = float(low) if low else -math.inf
        if to is None:
            return (first, first) if low else None
        last = float(high) if high else math.inf
    except ValueError:
        return None
    return (first, last) if low or high else None


def by_axis(
    place: Place, system: SystemRow, axes: Sequence[AxisListing] | None
) -> dict[int, tuple[float, float]]:
    """Give the sides of a place by the number of the axis, in the units of the system.

    Raises
    ------
    UsageError
        When the system lacks an axis, or it has another unit.
    TransformationError
        When the unit is not known.
    """
    if place.sides[0].axis is None:
        ndim = system.ndim
        if ndim is not None and ndim != len(place.sides):
            listed = "" if axes is None else f": {', '.join(axis.name for axis in axes)}"
            raise UsageError(
                f"The box has {len(place.sides)} sides, and {system.address} has {ndim} "
                f"axes{listed}."
            )
        numbered = {number: side[1:] for number, side in enumerate(place.sides)}
    else:
        if axes is None:
            raise UsageError(
                f"The axes of {system.address} have no names: give the sides in their order, "
                "such as 10:20,5:9."
            )
        names = [axis.name for axis in axes]
        numbered = {}
        for name, low, high in place.sides:
            if name not in names:
                raise UsageError(
                    f"{system.address} has no axis {name!r}; its axes are {', '.join(names)}."
                )
            numbered[names.index(name)] = (low, high)
    if place.unit is None:
        return numbered
    return _converted(place.unit, numbered, system, axes)


def _converted(
    unit: str,
    sides: Mapping[int, tuple[float, float]],
    system: SystemRow,
    axes: Sequence[AxisListing] | None,
) -> dict[int, tuple[float, float]]:
    """Scale what measures the same as a unit; the other axes are left as they are."""
    size = unit_size(unit)
    if size is None:
        raise UsageError(f"The size of the unit {unit!r} is not known.")
    result = dict(sides)
    converted = False
    for number, (low, high) in sides.items():
        axis = None if axes is None else axes[number]
        if axis is None or (axis.unit is None and axis.type == size[0]):
            named = f"the axis {axis.name} of {system.address}" if axis else system.address
            raise UsageError(f"Nothing says in which unit {named} is measured; leave out --unit.")
        known = None if axis.unit is None else unit_size(axis.unit)
        if axis.unit is not None and known is not None and known[0] == size[0]:
            # Exact, as far as the numbers are: 0.1 millimeter is 100 micrometer.
            times = factor(unit, axis.unit)
            up, down = float(times.numerator), float(times.denominator)
            result[number] = (low * up / down, high * up / down)
            converted = True
    if not converted:
        assert axes is not None
        listed = ", ".join(f"{axis.name} ({axis.unit or 'no unit'})" for axis in axes)
        raise UsageError(
            f"No axis of the box is measured in anything like {unit}; the axes of "
            f"{system.address} are {listed}."
        )
    return result


def ids_of(numbers: Sequence[int]) -> Sequence[int]:
    """Keep ids in little memory, in order."""
    return array("q", sorted(numbers))
