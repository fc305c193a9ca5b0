"""Sizes of an image's axes, and of its voxels in units that can be compared."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from catalog.crawl.records import AxisRecord

_PREFIXES = {
    **{"yocto": -24, "zepto": -21, "atto": -18, "femto": -15, "pico": -12, "nano": -9},
    **{"micro": -6, "milli": -3, "centi": -2, "deci": -1, "": 0, "deca": 1, "hecto": 2},
    **{"kilo": 3, "mega": 6, "giga": 9, "tera": 12, "peta": 15, "exa": 18, "zetta": 21},
    "yotta": 24,
}
_SYMBOLS = {"p": -12, "n": -9, "u": -6, "µ": -6, "μ": -6, "m": -3, "c": -2, "": 0, "k": 3}

_MICROMETERS: dict[str, tuple[float, float]] = {
    **{"angstrom": (1.0, 1e4), "Å": (1.0, 1e4), "micron": (1.0, 1.0), "inch": (25400.0, 1.0)},
    **{"foot": (304800.0, 1.0), "yard": (914400.0, 1.0), "mile": (1.609344e9, 1.0)},
    "parsec": (3.0856775814913673e22, 1.0),
}
_SECONDS: dict[str, tuple[float, float]] = {
    **{"minute": (60.0, 1.0), "min": (60.0, 1.0), "hour": (3600.0, 1.0), "h": (3600.0, 1.0)},
    "day": (86400.0, 1.0),
}


def _ten(exponent: int) -> tuple[float, float]:
    # Dividing by a power of ten is exact where multiplying by its inverse is not.
    return (float(10**exponent), 1.0) if exponent >= 0 else (1.0, float(10**-exponent))


for _prefix, _power in _PREFIXES.items():
    for _meter in ("meter", "metre"):
        _MICROMETERS[_prefix + _meter] = _ten(_power + 6)
    _SECONDS[_prefix + "second"] = _ten(_power)
for _prefix, _power in _SYMBOLS.items():
    _MICROMETERS[_prefix + "m"] = _ten(_power + 6)
    _SECONDS[_prefix + "s"] = _ten(_power)

_LARGEST = 2**63 - 1


class Measures(NamedTuple):
    """What the columns `size_t` to `time_step` of an image hold, in their order."""

    size_t: int | None = None
    size_c: int | None = None
    size_z: int | None = None
    size_y: int | None = None
    size_x: int | None = None
    voxel_size_z: float | None = None
    voxel_size_y: float | None = None
    voxel_size_x: float | None = None
    time_step: float | None = None


@lru_cache(maxsize=4096)
def measures(
    axes: tuple[AxisRecord, ...] | None,
    names: str,
    shape: tuple[int, ...] | None,
    pixel_sizes: tuple[float, ...] | None,
) -> Measures:
    """Measure an image along the axes that go by the usual names.

    Parameters
    ----------
    axes, names
        Those of its intrinsic system; None, and their names joined, where it has none.
    shape
        Of the first level.
    pixel_sizes
        For each axis, in the unit of the axis.

    Notes
    -----
    Voxels are measured in micrometers and time in seconds. Where an axis states no unit the
    number is taken as it stands; where it states another kind of unit there is none.
    """
    listed = [(axis.name, axis.unit) for axis in axes] if axes is not None else _named(names)
    found: dict[str, int | float | None] = {}
    for position, (name, unit) in enumerate(listed):
        if name not in ("t", "c", "z", "y", "x") or f"size_{name}" in found:
            continue
        size = shape[position] if shape is not None and len(shape) == len(listed) else None
        found[f"size_{name}"] = size if size is None or 0 <= size <= _LARGEST else None
        if name != "c" and pixel_sizes is not None and len(pixel_sizes) == len(listed):
            key = "time_step" if name == "t" else f"voxel_size_{name}"
            found[key] = _converted(
                pixel_sizes[position], unit, _SECONDS if name == "t" else _MICROMETERS
            )
    return Measures(**found)  # type: ignore[arg-type]  # sizes are integers, steps are floats


def _named(names: str) -> list[tuple[str, str | None]]:
    return [(name, None) for name in (names.split(",") if "," in names else names)]


def _converted(
    value: float, unit: str | None, units: dict[str, tuple[float, float]]
) -> float | None:
    if unit is not None:
        known = units.get(unit) or units.get(unit.lower().removesuffix("s"))
        if known is None:
            return None
        value = value * known[0] / known[1]
    value = abs(float(value))
    return value if math.isfinite(value) else None
