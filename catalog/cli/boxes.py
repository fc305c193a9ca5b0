"""Boxes on the command line: `x=10:20,y=5:9`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from catalog.errors import UsageError

_SIDE = re.compile(
    r"\s*(?:(?P<axis>[^=]*?)\s*=)?\s*(?P<low>[^:=]+?)\s*(?::\s*(?P<high>[^:=]+?)\s*)?"
)


def parse_box(
    text: str, axes: Sequence[str] | None, system: str
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Read a box such as ``x=10:20,y=5:9``, or ``10:20,5:9`` in the order of the axes.

    One number instead of two is a box without width along this axis.

    Parameters
    ----------
    axes
        Names of the axes of the system that the box lies in; None where unknown.
    system
        Its address, for the errors.

    Returns
    -------
    tuple of float, tuple of float
        Low and high along each axis, in order.

    Raises
    ------
    UsageError
        When it is no box, or not one of this system.

    Examples
    --------
    >>> parse_box("y=5:9,x=10:20", ["x", "y"], "physical")
    ((10.0, 5.0), (20.0, 9.0))
    """
    sides: list[tuple[str | None, float, float]] = []
    for part in text.split(","):
        found = _SIDE.fullmatch(part)
        side = None if found is None else _ends(found["low"], found["high"] or found["low"])
        if found is None or side is None:
            raise UsageError(f"{part.strip()!r} is no side of a box: write --box {_example(axes)}.")
        sides.append((found["axis"], *side))
    names = [name for name, _, _ in sides]
    if None in names:
        if any(names):
            raise UsageError(f"Some sides of the box {text!r} have names and some have none.")
        if axes is not None and len(sides) != len(axes):
            raise UsageError(_wrong(text, f"has {len(sides)} sides", axes, system))
    else:
        if axes is None:
            raise UsageError(
                f"The axes of {system} have no names: give the sides in their order, "
                f"as in --box {_example(None)}."
            )
        missing = [axis for axis in axes if axis not in names]
        unknown = [name for name in names if name not in axes]
        if unknown or missing or len(set(names)) != len(names):
            what = (
                f"names {unknown[0]!r}"
                if unknown
                else f"has no {' and no '.join(missing)}"
                if missing
                else "names an axis twice"
            )
            raise UsageError(_wrong(text, what, axes, system))
        sides.sort(key=lambda side: axes.index(side[0] or ""))
    return tuple(low for _, low, _ in sides), tuple(high for _, _, high in sides)


def box_text(low: Sequence[float], high: Sequence[float], axes: Sequence[str] | None) -> str:
    """Write a box as `parse_box` reads it.

    Examples
    --------
    >>> box_text([0.0, 1.5], [2.0, 3.0], ["x", "y"])
    'x=0.0:2.0,y=1.5:3.0'
    """
    sides = [f"{first!r}:{last!r}" for first, last in zip(low, high, strict=True)]
    if axes is None or len(set(axes)) != len(sides):
        return ",".join(sides)
    return ",".join(f"{axis}={side}" for axis, side in zip(axes, sides, strict=True))


def _ends(low: str, high: str) -> tuple[float, float] | None:
    try:
        return float(low), float(high)
    except ValueError:
        return None


def _wrong(text: str, what: str, axes: Sequence[str], system: str) -> str:
    return (
        f"The box {text!r} {what}; the axes of {system} are {', '.join(axes)}. "
        f"Give each of them once, as in --box {_example(axes)}."
    )


def _example(axes: Sequence[str] | None) -> str:
    sides = ("0:10", "0:20", "0:5", "0:1", "0:2")
    if not axes:
        return ",".join(sides[:3])
    return ",".join(f"{axis}={sides[i % len(sides)]}" for i, axis in enumerate(axes))
