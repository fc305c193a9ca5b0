"""Few candidates of a search by place, one by one, are decided as many at once."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.geometry.rows import identity
from catalog.query.search import place_held
from catalog.query.search.place_held import Wanted, related

_sides = st.tuples(st.sampled_from([-math.inf, -1.0, 0.0, 2.5]), st.sampled_from([3.0, math.inf]))


@st.composite
def candidates(draw: st.DrawFn, ndim: int) -> list[tuple[Any, ...]]:
    """Rows of `extent`: turned images of this many axes and of one more, and sampled boxes."""
    rows: list[tuple[Any, ...]] = []
    for number in range(draw(st.integers(1, 5))):
        size = ndim + draw(st.sampled_from([0, 0, 1]))
        shape = [draw(st.integers(1, 5)) for _ in range(size)]
        matrix = np.eye(ndim, size + 1)
        angle = draw(st.sampled_from([0.0, 0.0, 0.3]))
        if ndim > 1:
            matrix[:2, :2] = [
                [math.cos(angle), -math.sin(angle)],
                [math.sin(angle), math.cos(angle)],
            ]
        matrix[:, -1] = [draw(st.sampled_from([-3.0, 0.0, 3.0, 3.25])) for _ in range(ndim)]
        if draw(st.integers(0, 3)):
            rows.append((number, json.dumps(shape), json.dumps(matrix.tolist()), None, None, 0))
        else:
            low = [draw(st.sampled_from([-3.0, 0.0])) for _ in range(ndim)]
            high = [at + extent for at, extent in zip(low, shape, strict=False)]
            rows.append((number, json.dumps(shape), None, json.dumps(low), json.dumps(high), 1))
    return rows


@settings(max_examples=200, deadline=None)
@given(data=st.data(), ndim=st.integers(1, 3))
def test_both_ways_find_the_same(data: st.DataObject, ndim: int) -> None:
    rows = data.draw(candidates(ndim))
    sides = [data.draw(_sides) for _ in range(ndim)]
    wanted = Wanted([], identity(ndim), identity(ndim), *zip(*sides, strict=True))
    for how in ("overlaps", "within", "contains")[: 2 if wanted.is_endless else 3]:
        found = list(related(rows, wanted, how))
        kinds = (
            [row for row in rows if (row[2] is None) == sampled and row[1].count(",") == commas]
            for sampled in (False, True)
            for commas in (ndim - 1, ndim)
        )
        expected = [
            (row[0], bool(row[5]))
            for some in kinds
            if some
            for row, is_found in zip(some, place_held._at_once(some, wanted, how), strict=True)
            if is_found
        ]
        assert sorted(found) == sorted(expected)
