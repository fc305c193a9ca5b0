"""Few slanted boxes, one by one, are decided as many at once."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.geometry import oriented, oriented_few
from catalog.geometry.oriented import Slanted
from catalog.geometry.oriented_few import slant
from catalog.geometry.relations import Relation
from catalog.geometry.rows import Row, Rows

RELATIONS: tuple[Relation, ...] = get_args(Relation)
Box = tuple[Rows, Row, Row]

# Of few values, so that boxes touch, stand in line, are flat, and fill each other exactly.
_steps = st.sampled_from([0.0, 0.0, 0.0, 1.0, -1.0, 2.0, 0.5, 1e-7])
_places = st.sampled_from([0.0, 1.0, -2.0, 3.5, 1e6])
_free = st.floats(-4.0, 4.0, allow_subnormal=False)
# Long products have no exact sum: at an edge, beside the tolerance, both would be right.
_coarse = _free.map(lambda value: round(value, 2))


@st.composite
def placed(draw: st.DrawFn, ndim: int) -> Box:
    sides = draw(st.integers(1, 4))
    numbers = draw(st.sampled_from([_steps, _coarse]))
    rows = [[draw(numbers) for _ in range(sides)] for _ in range(ndim)]
    if draw(st.booleans()):  # upright
        rows = [
            [row[at] if at == axis else 0.0 for at in range(sides)] for axis, row in enumerate(rows)
        ]
    if ndim > 1 and draw(st.booleans()):  # turned by 30 degrees
        cosine, sine = math.sqrt(0.75), 0.5
        first, second = rows[0], rows[1]
        rows[0] = [cosine * a - sine * b for a, b in zip(first, second, strict=True)]
        rows[1] = [sine * a + cosine * b for a, b in zip(first, second, strict=True)]
    low = tuple(draw(st.sampled_from([-0.5, 0.0, -2.0])) for _ in range(sides))
    high = tuple(at + draw(st.sampled_from([0.0, 1.0, 1.0, 3.0, 10.0])) for at in low)
    return tuple((*row, draw(_places)) for row in rows), low, high


def at_once(box: Box) -> Slanted:
    rows, low, high = box
    return Slanted.of(np.array([rows]), np.array([low]), np.array([high]))


@settings(max_examples=400, deadline=None)
@given(data=st.data(), ndim=st.integers(1, 4), how=st.sampled_from(RELATIONS))
def test_both_ways_decide_alike(data: st.DataObject, ndim: int, how: Relation) -> None:
    one, other = data.draw(placed(ndim)), data.draw(placed(ndim))
    shape, place = slant(*one), slant(*other)
    alone = oriented_few.relation(shape, place, how)
    if alone is not None:
        assert [alone] == oriented.relation(at_once(one), at_once(other), how).tolist()
    half = np.abs(at_once(one).generators[0]).sum(axis=1)
    centre = at_once(one).centre[0]
    np.testing.assert_allclose(shape.reach(), np.array([centre - half, centre + half]).T)


@pytest.mark.parametrize("ndim", [1, 2, 3])
@pytest.mark.parametrize("how", RELATIONS)
def test_solid_boxes_are_decided_without_arrays(ndim: int, how: Relation) -> None:
    random = np.random.default_rng(ndim)
    decided = []
    for size in (0.2, 1.0, 4.0) * 40:
        turned = np.linalg.qr(random.normal(size=(ndim, ndim)))[0] * size
        rows = tuple((*row, float(random.normal())) for row in turned.tolist())
        box = (rows, (-1.0,) * ndim, (1.0,) * ndim)
        around = (tuple((*row, 0.0) for row in np.eye(ndim).tolist()), *box[1:])
        found = oriented_few.relation(slant(*box), slant(*around), how)
        assert found is not None
        assert [found] == oriented.relation(at_once(box), at_once(around), how).tolist()
        decided.append(found)
    assert 0 < sum(decided) < len(decided)


def test_what_is_flat_or_mixes_four_axes_is_left_to_arrays() -> None:
    turned = ((1.0, -1.0, 0.0), (1.0, 1.0, 0.0))
    line = slant(turned, (0.0, 0.0), (1.0, 0.0))
    assert oriented_few.relation(line, line, "overlaps") is None
    apart = slant(((1.0, -1.0, 0.0), (1.0, 1.0, 9.0), (0.0, 0.0, 5.0)), (0.0,) * 2, (1.0, 0.0))
    beside = slant(((1.0, -1.0, 0.0), (1.0, 1.0, 9.0), (0.0, 0.0, 7.0)), (0.0,) * 2, (1.0, 0.0))
    assert oriented_few.relation(apart, beside, "overlaps") is False
    four = slant(tuple((*([1.0] * 4), 0.0) for _ in range(4)), (0.0,) * 4, (1.0,) * 4)
    assert oriented_few.relation(four, four, "overlaps") is None
