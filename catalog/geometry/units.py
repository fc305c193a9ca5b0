"""Units of axes: the names that OME-Zarr recommends (those of UDUNITS), and one scale between two.

Nothing converts on its own: a transformation's numbers are already in the units of its
ends. What is here says where they differ, and scales when somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Protocol

from catalog.errors import TransformationError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PREFIXES = {
    **{"yocto": -24, "zepto": -21, "atto": -18, "femto": -15, "pico": -12, "nano": -9},
    **{"micro": -6, "milli": -3, "centi": -2, "deci": -1, "": 0, "deca": 1, "deka": 1},
    **{"hecto": 2, "kilo": 3, "mega": 6, "giga": 9, "tera": 12, "peta": 15, "exa": 18},
    **{"zetta": 21, "yotta": 24},
}
_SYMBOLS = {
    **{"y": -24, "z": -21, "a": -18, "f": -15, "p": -12, "n": -9, "u": -6, "µ": -6, "μ": -6},
    **{"m": -3, "c": -2, "d": -1, "": 0, "h": 2, "k": 3, "M": 6, "G": 9, "T": 12},
}
_BASES = {"meter": "space", "metre": "space", "second": "time"}
_BASE_SYMBOLS = {"m": "space", "s": "time"}

# In metres and seconds. A parsec is 648000/π astronomical units of 149,597,870,700 m.
_OTHERS = {
    "angstrom": ("space", Fraction(1, 10**10)),
    "\u00c5": ("space", Fraction(1, 10**10)),  # Å, as a letter and as a sign
    "\u212b": ("space", Fraction(1, 10**10)),
    "micron": ("space", Fraction(1, 10**6)),
    "inch": ("space", Fraction(254, 10**4)),
    "foot": ("space", Fraction(3048, 10**4)),
    "yard": ("space", Fraction(9144, 10**4)),
    "mile": ("space", Fraction(1609344, 10**3)),
    "parsec": ("space", Fraction(30856775814913673)),
    "minute": ("time", Fraction(60)),
    "hour": ("time", Fraction(3600)),
    "day": ("time", Fraction(86400)),
    "min": ("time", Fraction(60)),
    "h": ("time", Fraction(3600)),
    "d": ("time", Fraction(86400)),
}


class Measured(Protocol):
    """An axis: what it is called, what it measures, and in which unit."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def type(self) -> str | None:
        """``space``, ``time`` and so on."""

    @property
    def unit(self) -> str | None:
        """Its unit as written."""


@dataclass(frozen=True)
class Difference:
    """An axis that is measured in another unit at the other end.

    Attributes
    ----------
    axis
        Name of the axis of the target.
    unit, other
        Its unit, and that of the source.
    """

    axis: str
    unit: str
    other: str


@dataclass(frozen=True)
class Conversion:
    """Scales coordinates of the target, axis by axis, to the units of the source.

    Attributes
    ----------
    factors
        One for each axis of the target, 1 where nothing changes.
    differences
        What changes.
    """

    factors: tuple[Fraction, ...]
    differences: tuple[Difference, ...]

    def apply(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scale points (..., M); each coordinate is rounded once."""
        result = points.copy()
        for axis, factor in enumerate(self.factors):
            # A division by 1000 is right to the last digit; 0.001 times is not.
            if factor.numerator == 1:
                result[..., axis] /= float(factor.denominator)
            else:
                result[..., axis] *= float(factor)
        return result


@cache
def unit_size(unit: str) -> tuple[str, Fraction] | None:
    """Give what a unit measures and its size in metres or seconds; None when it is unknown.

    Examples
    --------
    >>> unit_size("micrometer")
    ('space', Fraction(1, 1000000))
    >>> unit_size("furlong") is None
    True
    """
    if unit in _OTHERS:
        return _OTHERS[unit]
    for bases, prefixes in ((_BASES, _PREFIXES), (_BASE_SYMBOLS, _SYMBOLS)):
        for base, measures in bases.items():
            for text in {unit, unit.removesuffix("s")} if bases is _BASES else {unit}:
                if (
                    text.endswith(base)
                    and (power := prefixes.get(text.removesuffix(base))) is not None
                ):
                    return measures, Fraction(10) ** power
    return None


def factor(unit: str, other: str) -> Fraction:
    """Give how many of `other` one `unit` is.

    Raises
    ------
    TransformationError
        When they do not measure the same, or one of them is unknown.

    Examples
    --------
    >>> factor("millimeter", "micrometer")
    Fraction(1000, 1)
    """
    if unit == other:
        return Fraction(1)
    sizes = unit_size(unit), unit_size(other)
    if sizes[0] is None or sizes[1] is None:
        unknown = unit if sizes[0] is None else other
        raise TransformationError(
            f"{unit!r} cannot be converted to {other!r}: the size of {unknown!r} is not known."
        )
    if sizes[0][0] != sizes[1][0]:
        raise TransformationError(
            f"{unit!r} cannot be converted to {other!r}: one measures {sizes[0][0]}, "
            f"the other {sizes[1][0]}."
        )
    return sizes[0][1] / sizes[1][1]


def differences(
    source: Sequence[Measured] | None, target: Sequence[Measured] | None
) -> tuple[Difference, ...]:
    """Say which axes of the target are measured in other units than the source.

    An axis is held against the one of the same name, if that measures the same, else
    against the others that do, when these agree on their unit. Axes without a unit, such
    as those of arrays, differ from nothing.
    """
    found = []
    for axis in target or ():
        other = None if axis.unit is None else _counterpart(axis, source or ())
        if axis.unit is None or other is None or _same(axis.unit, other):
            continue
        found.append(Difference(axis.name, axis.unit, other))
    return tuple(found)


def conversion(
    source: Sequence[Measured] | None, target: Sequence[Measured] | None
) -> Conversion | None:
    """Give what scales coordinates of the target to the units of the source.

    Returns
    -------
    Conversion or None
        None when no unit differs.

    Raises
    ------
    TransformationError
        When units differ and one of them is unknown.
    """
    found = differences(source, target)
    if not found:
        return None
    by_name = {each.axis: each for each in found}
    factors = tuple(
        Fraction(1) if axis.name not in by_name else factor(each.unit, each.other)
        for axis in target or ()
        for each in (by_name.get(axis.name, found[0]),)
    )
    return Conversion(factors, found)


def _counterpart(axis: Measured, source: Sequence[Measured]) -> str | None:
    measures = _measures(axis)
    alike = [other for other in source if other.unit is not None and _measures(other) == measures]
    named = [other.unit for other in alike if other.name == axis.name]
    units = named or list(dict.fromkeys(other.unit for other in alike))
    return units[0] if len(units) == 1 else None


def _measures(axis: Measured) -> str | None:
    size = None if axis.unit is None else unit_size(axis.unit)
    return axis.type if size is None else size[0]


def _same(unit: str, other: str) -> bool:
    sizes = unit_size(unit), unit_size(other)
    return unit == other or (sizes[0] is not None and sizes[0] == sizes[1])
