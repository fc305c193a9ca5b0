"""Units: what they are worth, where the ends of a path differ, and scaling on demand."""

from fractions import Fraction

import numpy as np
import pytest

from catalog.errors import TransformationError
from catalog.geometry.units import Difference, conversion, differences, factor, unit_size
from catalog.metadata.axes import Axis


def axes(**units):
    """Make axes of names and units; `t` is time, `c` a channel."""
    types = {"t": "time", "c": "channel"}
    return tuple(Axis(name=n, type=types.get(n, "space"), unit=u) for n, u in units.items())


@pytest.mark.parametrize(
    ("unit", "measures", "size"),
    [
        ("meter", "space", 1),
        ("micrometer", "space", Fraction(1, 10**6)),
        ("micrometre", "space", Fraction(1, 10**6)),
        ("micrometers", "space", Fraction(1, 10**6)),
        ("µm", "space", Fraction(1, 10**6)),
        ("um", "space", Fraction(1, 10**6)),
        ("micron", "space", Fraction(1, 10**6)),
        ("nanometer", "space", Fraction(1, 10**9)),
        ("angstrom", "space", Fraction(1, 10**10)),
        ("yottameter", "space", 10**24),
        ("inch", "space", Fraction(254, 10000)),
        ("foot", "space", 12 * Fraction(254, 10000)),
        ("yard", "space", 36 * Fraction(254, 10000)),
        ("mile", "space", 1760 * 36 * Fraction(254, 10000)),
        ("second", "time", 1),
        ("ms", "time", Fraction(1, 1000)),
        ("millisecond", "time", Fraction(1, 1000)),
        ("minute", "time", 60),
        ("hour", "time", 3600),
        ("day", "time", 86400),
    ],
)
def test_a_unit_has_a_size(unit, measures, size):
    assert unit_size(unit) == (measures, size)


@pytest.mark.parametrize("unit", ["", "pixel", "Meter", "meters per second", "das", "kilo", "mol"])
def test_others_are_unknown(unit):
    assert unit_size(unit) is None


def test_every_unit_that_ome_zarr_recommends_is_known():
    from catalog.metadata.rules import axes as rules

    for measures, units in rules._UNITS.items():
        for unit in units:
            found = unit_size(unit)
            assert found is not None, unit
            assert found[0] == measures


def test_factor():
    assert factor("millimeter", "micrometer") == 1000
    assert factor("nanometer", "angstrom") == 10
    assert factor("pixel", "pixel") == 1
    with pytest.raises(TransformationError, match="the size of 'pixel' is not known"):
        factor("micrometer", "pixel")
    with pytest.raises(TransformationError, match="one measures space, the other time"):
        factor("micrometer", "second")


def test_axes_that_differ():
    source = axes(t="second", z="micrometer", y="micrometer", x="um")
    assert differences(source, axes(x="micrometer", y="µm")) == ()
    assert differences(source, axes(x="millimeter", t="s", c=None)) == (
        Difference("x", "millimeter", "um"),
    )
    # Another name, but all that measure the same agree.
    assert differences(axes(z="nanometer", y="nanometer"), axes(u="micrometer")) == (
        Difference("u", "micrometer", "nanometer"),
    )
    # They do not agree: nothing to hold it against.
    assert differences(axes(z="nanometer", y="millimeter"), axes(u="micrometer")) == ()
    assert differences(axes(z=None), axes(z="micrometer")) == ()
    assert differences(None, axes(z="micrometer")) == differences(axes(z="meter"), None) == ()
    assert differences(axes(z="pixel"), axes(z="micrometer")) == (
        Difference("z", "micrometer", "pixel"),
    )
    assert differences(axes(c="wavelength"), axes(c="index")) == (
        Difference("c", "index", "wavelength"),
    )


def test_conversion_scales_the_axes_that_differ():
    source = axes(z="micrometer", x="micrometer", t="minute")
    found = conversion(source, axes(t="second", x="millimeter", z="um"))
    assert [each.axis for each in found.differences] == ["t", "x"]
    points = np.array([[90.0, 1.5, 7.0]])
    assert found.apply(points).tolist() == [[1.5, 1500.0, 7.0]]
    assert points.tolist() == [[90.0, 1.5, 7.0]]
    assert found.apply(np.ones((2, 3, 3))).shape == (2, 3, 3)
    assert conversion(source, axes(x="micrometer")) is None
    with pytest.raises(TransformationError, match="'index' is not known"):
        conversion(axes(c="wavelength"), axes(c="index"))


def test_a_division_is_not_rounded_twice():
    found = conversion(axes(x="millimeter"), axes(x="micrometer"))
    values = np.arange(1.0, 100.0)[:, None]
    assert found.apply(values).tolist() == (values / 1000).tolist()
