"""Every type, in both directions, in any nesting, against a second reading of the specification.

The reading here is written from the text of OME-Zarr 0.6 ("coordinateTransformations") and
shares nothing with the package: plain documents in, exact fractions, one point at a time.
"""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from catalog.errors import DimensionalityError, FieldError, NotInvertibleError
from catalog.geometry import affine
from catalog.geometry.field import Field
from catalog.geometry.mapping import mapping
from catalog.geometry.moving import Moving
from catalog.metadata.transformations import AnyTransform

READ = TypeAdapter(AnyTransform)
REACH = 512  # fields are sampled from -REACH to REACH along each axis


class NoInverseError(Exception):
    """The specification gives no way back."""


# ---- the second reading ----


def forward(t, point, fields):
    """Move one point, exactly, as the specification says."""
    kind = t["type"]
    if kind == "identity":
        return list(point)
    if kind == "translation":
        return [x + exact(v) for x, v in zip(point, t["translation"], strict=True)]
    if kind == "scale":
        return [x * exact(v) for x, v in zip(point, t["scale"], strict=True)]
    if kind == "mapAxis":
        return [point[source] for source in t["mapAxis"]]
    if kind == "rotation":
        return [dot(row, point) for row in t["rotation"]]
    if kind == "affine":
        return [dot(row[:-1], point) + exact(row[-1]) for row in t["affine"]]
    if kind == "projectAxis":
        kept = [x for i, x in enumerate(point) if i not in t.get("droppedInputs", ())]
        for i in sorted(t.get("createdOutputs", ())):
            kept.insert(i, Fraction(0))
        return kept
    if kind == "sequence":
        for member in t["transformations"]:
            point = forward(member, point, fields)
        return list(point)
    if kind == "bijection":
        return forward(t["forward"], point, fields)
    if kind == "byDimension":
        out = {}
        for item in t["transformations"]:
            given_ = [point[i] for i in item["inputAxes"]]
            made = forward(item["transformation"], given_, fields)
            out.update(zip(item["outputAxes"], made, strict=True))
        return [out[i] for i in range(len(out))]
    moved = [dot(row[:-1], point) + exact(row[-1]) for row in fields[t["path"]]]
    if kind == "coordinates":
        return moved
    assert kind == "displacements"
    return [x + d for x, d in zip(point, moved, strict=True)]


def backward(t, point, fields, ndim_in):
    """Move one point the other way; `ndim_in` is what `t` takes."""
    kind = t["type"]
    if kind == "identity":
        return list(point)
    if kind == "translation":
        return [x - exact(v) for x, v in zip(point, t["translation"], strict=True)]
    if kind == "scale":
        if 0 in t["scale"]:
            raise NoInverseError
        return [x / exact(v) for x, v in zip(point, t["scale"], strict=True)]
    if kind == "mapAxis":
        back = [Fraction(0)] * len(point)
        for i, source in enumerate(t["mapAxis"]):
            back[source] = point[i]
        return back
    if kind == "rotation":
        return solve([[*row, 0] for row in t["rotation"]], point)
    if kind == "affine":
        return solve(t["affine"], point)
    if kind == "projectAxis":
        if t.get("droppedInputs"):
            raise NoInverseError
        return [x for i, x in enumerate(point) if i not in t.get("createdOutputs", ())]
    if kind == "sequence":
        dims = [ndim_in]
        for member in t["transformations"]:
            dims.append(gives(member, dims[-1], fields))
        for member, takes in zip(reversed(t["transformations"]), reversed(dims[:-1]), strict=True):
            point = backward(member, point, fields, takes)
        return list(point)
    if kind == "bijection":
        return forward(t["inverse"], point, fields)
    if kind == "byDimension":
        used = sorted(i for item in t["transformations"] for i in item["inputAxes"])
        if used != list(range(ndim_in)):
            raise NoInverseError
        back = [Fraction(0)] * ndim_in
        for item in t["transformations"]:
            given_ = [point[i] for i in item["outputAxes"]]
            takes = len(item["inputAxes"])
            made = backward(item["transformation"], given_, fields, takes)
            for i, x in zip(item["inputAxes"], made, strict=True):
                back[i] = x
        return back
    rows = [[exact(v) for v in row] for row in fields[t["path"]]]
    if kind == "displacements":
        rows = [[v + (i == j) for j, v in enumerate(row)] for i, row in enumerate(rows)]
    return solve(rows, point)


def gives(t, ndim_in, fields):
    """How many numbers come out."""
    return len(forward(t, [Fraction(1)] * ndim_in, fields))


def solve(rows, point):
    """Solve A x + b = point by elimination."""
    size = len(rows)
    if len(rows[0]) != size + 1:
        raise NoInverseError
    work = [[*map(exact, row[:-1]), x - exact(row[-1])] for row, x in zip(rows, point, strict=True)]
    for column in range(size):
        pivot = next((r for r in range(column, size) if work[r][column]), None)
        if pivot is None:
            raise NoInverseError
        work[column], work[pivot] = work[pivot], work[column]
        work[column] = [v / work[column][column] for v in work[column]]
        for row in range(size):
            if row != column:
                factor = work[row][column]
                pairs = zip(work[row], work[column], strict=True)
                work[row] = [v - factor * w for v, w in pairs]
    return [row[-1] for row in work]


def dot(row, point):
    return sum((exact(v) * x for v, x in zip(row, point, strict=True)), Fraction(0))


def exact(value):
    return Fraction(value)


# ---- the package ----


class Held:
    """Vectors in memory, as a grid that can be read."""

    def __init__(self, values):
        self.values = values
        self.shape = self.chunks = values.shape[:-1]
        self.components = values.shape[-1]
        self.dtype = values.dtype

    def read(self, start, stop):
        return self.values[tuple(map(slice, start, stop))]


def sampled(kind, rows):
    """Sample an affine warp: linear interpolation of it is exact."""
    matrix = np.array(rows, dtype=float)
    ndim = matrix.shape[1] - 1
    nodes = 9 if ndim < 4 else 3
    step = 2 * REACH / (nodes - 1)
    axes = [np.arange(nodes) * step - REACH] * ndim
    places = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    values = places @ matrix[:, :-1].T + matrix[:, -1]
    to_grid = np.hstack([np.eye(ndim) / step, np.full((ndim, 1), REACH / step)])
    return Field(kind, "warp", Held(values), to_grid)


def made(t, ndim_in, ndim_out, fields):
    built = mapping(READ.validate_python(t), ndim_in, ndim_out)
    return built.reading(lambda path, kind: sampled(kind, fields[path]))


def move(built, points):
    moving = Moving("error", 1e-11)
    array = np.array(points, dtype=float)
    moving.begin(len(array))
    result = built.apply(array, moving)
    moving.end()
    assert not moving.unconverged_points
    return result


def close(found, expected, size=1.0):
    expected = np.array([[float(x) for x in point] for point in expected])
    assert found.shape == expected.shape
    size = max(size, float(np.abs(expected).max(initial=0.0)))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * size)


# ---- each type x direction x nesting ----

FIELDS = {"push": [[0.125, 0.0625, 3], [-0.0625, 0.25, -5]], "turn": [[0, -1, 4], [1, 0.5, 2]]}
FIELDS["push 3"] = [[0.125, 0, 0, 3], [0, 0.25, 0, -5], [0, 0.125, 0, 1]]
POINTS = [[0, 0], [1, 2], [-7, 3.5], [12.25, -4]]
TYPES = {
    "identity": {"type": "identity"},
    "mapAxis": {"type": "mapAxis", "mapAxis": [1, 0]},
    "translation": {"type": "translation", "translation": [5, -0.5]},
    "scale": {"type": "scale", "scale": [0.25, -3]},
    "scale with a zero": {"type": "scale", "scale": [0, 2]},
    "affine": {"type": "affine", "affine": [[2, 1, 5], [-1, 3, 0.5]]},
    "affine, singular": {"type": "affine", "affine": [[2, 1, 5], [4, 2, 0.5]]},
    "affine, reflecting": {"type": "affine", "affine": [[0, 1, 0], [1, 0, 0]]},
    "affine to 3": {"type": "affine", "affine": [[2, 1, 5], [-1, 3, 0.5], [1, 1, 1]]},
    "affine to 1": {"type": "affine", "affine": [[2, 1, 5]]},
    "rotation": {"type": "rotation", "rotation": [[0, -1], [1, 0]]},
    "projectAxis, created": {"type": "projectAxis", "createdOutputs": [1]},
    "projectAxis, two created": {"type": "projectAxis", "createdOutputs": [3, 0]},
    "projectAxis, dropped": {"type": "projectAxis", "droppedInputs": [0]},
    "projectAxis, both": {
        "type": "projectAxis",
        "createdOutputs": [0],
        "droppedInputs": [1],
    },
    "sequence": {
        "type": "sequence",
        "transformations": [
            {"type": "scale", "scale": [2, 4]},
            {"type": "translation", "translation": [1, -1]},
            {"type": "mapAxis", "mapAxis": [1, 0]},
        ],
    },
    "sequence through 3": {
        "type": "sequence",
        "transformations": [
            {"type": "projectAxis", "createdOutputs": [0]},
            {"type": "translation", "translation": [9, 1, 2]},
            {"type": "projectAxis", "droppedInputs": [0]},
        ],
    },
    "sequence of none": {"type": "sequence", "transformations": []},
    "bijection": {
        "type": "bijection",
        "forward": {"type": "scale", "scale": [2, 4]},
        "inverse": {"type": "scale", "scale": [0.5, 0.25]},
    },
    "bijection, contradicting": {
        "type": "bijection",
        "forward": {"type": "affine", "affine": [[1, 1, 0], [1, 1, 0]]},
        "inverse": {"type": "translation", "translation": [1, 1]},
    },
    "bijection to 3": {
        "type": "bijection",
        "forward": {"type": "affine", "affine": [[2, 1, 5], [-1, 3, 0.5], [1, 1, 1]]},
        "inverse": {"type": "projectAxis", "droppedInputs": [2]},
    },
    "bijection of fields": {
        "type": "bijection",
        "forward": {"type": "displacements", "path": "push"},
        "inverse": {"type": "coordinates", "path": "turn"},
    },
    "byDimension": {
        "type": "byDimension",
        "transformations": [
            {
                "transformation": {"type": "scale", "scale": [3]},
                "inputAxes": [1],
                "outputAxes": [0],
            },
            {
                "transformation": {"type": "translation", "translation": [7]},
                "inputAxes": [0],
                "outputAxes": [1],
            },
        ],
    },
    "byDimension to 3": {
        "type": "byDimension",
        "transformations": [
            {
                "transformation": {"type": "projectAxis", "createdOutputs": [1]},
                "inputAxes": [1],
                "outputAxes": [2, 0],
            },
            {"transformation": {"type": "identity"}, "inputAxes": [0], "outputAxes": [1]},
        ],
    },
    "byDimension, an input unused": {
        "type": "byDimension",
        "transformations": [
            {"transformation": {"type": "identity"}, "inputAxes": [1], "outputAxes": [0]}
        ],
    },
    "byDimension, an input twice": {
        "type": "byDimension",
        "transformations": [
            {"transformation": {"type": "identity"}, "inputAxes": [1], "outputAxes": [0]},
            {
                "transformation": {"type": "affine", "affine": [[1, 1, 0]]},
                "inputAxes": [0, 1],
                "outputAxes": [1],
            },
        ],
    },
    "displacements": {"type": "displacements", "path": "push"},
    "coordinates": {"type": "coordinates", "path": "turn"},
}


def beside(t, takes, comes):
    """Put a transformation beside one of another axis, the axes turned around."""
    return {
        "type": "byDimension",
        "transformations": [
            {
                "transformation": t,
                "inputAxes": list(range(takes, 0, -1)),
                "outputAxes": list(range(comes)),
            },
            {
                "transformation": {"type": "scale", "scale": [4]},
                "inputAxes": [0],
                "outputAxes": [comes],
            },
        ],
    }


def between(t, takes, comes):
    """Put a transformation into a sequence, behind and before others."""
    return {
        "type": "sequence",
        "transformations": [
            {"type": "translation", "translation": [0.5] * takes},
            t,
            {"type": "mapAxis", "mapAxis": list(reversed(range(comes)))},
        ],
    }


def paired(t, takes, comes):
    """Make a transformation the stated inverse of an affine one."""
    rows = [[i + 2 * j + (i == j) for j in range(comes + 1)] for i in range(takes)]
    return {"type": "bijection", "forward": {"type": "affine", "affine": rows}, "inverse": t}


def wrapped(t, takes, comes, wrappers):
    """Nest, the first wrapper inside; give the document and its dimensions."""
    for wrapper in wrappers:
        t = wrapper(t, takes, comes)
        if wrapper is beside:
            takes, comes = takes + 1, comes + 1
        elif wrapper is paired:
            takes, comes = comes, takes
    return t, takes, comes


NESTINGS = {
    "bare": (),
    "in a sequence": (between,),
    "in a byDimension": (beside,),
    "as a stated inverse": (paired,),
    "in a sequence in a byDimension": (between, beside),
    "in a byDimension in a sequence": (beside, between),
    "in a sequence in a sequence": (between, between),
    "in a byDimension in a byDimension": (beside, beside),
    "in a sequence in a byDimension in a bijection": (between, beside, paired),
    "in a bijection in a byDimension in a sequence": (paired, beside, between),
}


@pytest.mark.parametrize("nesting", NESTINGS)
@pytest.mark.parametrize("name", TYPES)
def test_each_type_in_each_nesting_both_ways(name, nesting):
    comes = gives(TYPES[name], 2, FIELDS)
    t, takes, comes = wrapped(TYPES[name], 2, comes, NESTINGS[nesting])
    built = made(t, takes, comes, FIELDS)
    assert (built.ndim_in, built.ndim_out) == (takes, comes)
    points = [[Fraction(p[i % 2]) + i // 2 for i in range(takes)] for p in POINTS]
    expected = [forward(t, point, FIELDS) for point in points]
    close(move(built, points), expected)

    targets = [[Fraction(p[i % 2]) + i // 2 for i in range(comes)] for p in POINTS]
    try:
        expected = [backward(t, point, FIELDS, takes) for point in targets]
    except NoInverseError:
        assert built.invertibility == "no"
        with pytest.raises(NotInvertibleError):
            built.inverse()
        return
    assert built.invertibility != "no"
    back = built.inverse()
    assert (back.ndim_in, back.ndim_out) == (comes, takes)
    close(move(back, targets), expected)


# ---- random nestings ----

NUMBERS = st.sampled_from([-3, -2, -1, -0.5, 0.5, 1, 2, 3, 5])
ENTRIES = st.sampled_from([-2, -1, 0, 0, 1, 2])
TURNS = (((0, -1), (1, 0)), ((0.6, -0.8), (0.8, 0.6)), ((-1, 0), (0, -1)))


@st.composite
def documents(draw, takes, comes, fields, depth=3, *, ends_known=True):
    """A random transformation from `takes` to `comes` dimensions; its fields go into `fields`.

    Between members of a sequence nothing but its samples says what a coordinate field
    gives, so that there is none (`ends_known`).
    """
    kinds = ["affine"]
    if takes == comes:
        kinds += ["identity", "mapAxis", "translation", "scale", "rotation"]
        if takes <= 3:
            kinds += ["displacements"]
    if takes <= 3 and comes <= 3 and ends_known:
        kinds += ["coordinates"]
    kinds += ["projectAxis"]
    if depth:
        kinds += ["sequence", "bijection", "byDimension"] * 2
    kind = draw(st.sampled_from(kinds))

    def vector(size, values=NUMBERS):
        return draw(st.lists(values, min_size=size, max_size=size))

    if kind == "identity":
        return {"type": kind}
    if kind == "mapAxis":
        return {"type": kind, kind: draw(st.permutations(range(takes)))}
    if kind in {"translation", "scale"}:
        return {"type": kind, kind: vector(takes)}
    if kind == "rotation":
        rows = [[float(i == j) for j in range(takes)] for i in range(takes)]
        if takes > 1:
            one, other = sorted(draw(st.permutations(range(takes)))[:2])
            ((a, b), (c, d)) = draw(st.sampled_from(TURNS))
            rows[one][one], rows[one][other], rows[other][one], rows[other][other] = a, b, c, d
        return {"type": kind, kind: rows}
    if kind == "affine":
        return {"type": kind, kind: [vector(takes + 1, ENTRIES) for _ in range(comes)]}
    if kind == "projectAxis":
        kept = draw(st.integers(1, min(takes, comes)))
        dropped = draw(st.permutations(range(takes)))[kept:]
        created = draw(st.permutations(range(comes)))[kept:]
        return {"type": kind, "droppedInputs": list(dropped), "createdOutputs": list(created)}
    if kind in {"displacements", "coordinates"}:
        path = f"field {len(fields)}"
        rows = [vector(takes + 1, ENTRIES) for _ in range(comes)]
        if kind == "displacements":
            rows = [[v / 16 for v in row] for row in rows]
        fields[path] = rows
        return {"type": kind, "path": path}
    if kind == "sequence":
        dims = [takes, *draw(st.lists(st.integers(1, 5), max_size=2)), comes]
        members = [
            draw(documents(a, b, fields, depth - 1, ends_known=False)) for a, b in pairwise(dims)
        ]
        return {"type": kind, "transformations": members}
    if kind == "bijection":
        return {
            "type": kind,
            "forward": draw(documents(takes, comes, fields, depth - 1, ends_known=ends_known)),
            "inverse": draw(documents(comes, takes, fields, depth - 1, ends_known=ends_known)),
        }
    inputs, outputs = draw(st.permutations(range(takes))), draw(st.permutations(range(comes)))
    cut_in = draw(st.integers(1, takes))
    cut_out = draw(st.integers(1, comes))
    parts = [(inputs[:cut_in], outputs[:cut_out])]
    if cut_out < comes:
        # Where no input is left over, one is used twice.
        parts.append((inputs[cut_in:] or inputs[:1], outputs[cut_out:]))
    return {
        "type": kind,
        "transformations": [
            {
                "transformation": draw(documents(len(a), len(b), fields, depth - 1)),
                "inputAxes": list(a),
                "outputAxes": list(b),
            }
            for a, b in parts
        ],
    }


@st.composite
def cases(draw):
    takes, comes = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    if draw(st.booleans()):
        comes = takes
    fields = {}
    t = draw(documents(takes, comes, fields))
    return t, takes, comes, fields


def spread(ndim):
    return [[Fraction(v) * (i + 1) / 4 for i in range(ndim)] for v in (0, 1, -3)]


def moved_or_assumed(built, points):
    """Move points; a case whose points leave the sampled part of a field is no case."""
    try:
        return move(built, points)
    except FieldError as error:
        assume("outside" not in error.message)
        raise


@settings(max_examples=250, deadline=None)
@given(cases())
def test_random_nestings_forward(case):
    t, takes, comes, fields = case
    built = made(t, takes, comes, fields)
    points = spread(takes)
    expected = [forward(t, point, fields) for point in points]
    close(moved_or_assumed(built, points), expected, 1e3 if fields else 1.0)


@settings(max_examples=250, deadline=None)
@given(cases())
def test_random_nestings_backward(case):
    t, takes, comes, fields = case
    built = made(t, takes, comes, fields)
    points = spread(comes)
    try:
        expected = [backward(t, point, fields, takes) for point in points]
    except NoInverseError:
        # Whether a coordinate field can be turned around, its samples alone can tell.
        assume(not fields)
        assert built.invertibility == "no"
        with pytest.raises(NotInvertibleError):
            built.inverse()
        return
    if built.invertibility == "no":
        # Stated otherwise than by a formula: only a field of unequal dimensions.
        assert "coordinates" in str(t)
        return
    # An inverse of an inverse of large numbers is where float64 ends.
    largest = max(abs(x) for point in expected for x in point)
    close(moved_or_assumed(built.inverse(), points), expected, max(1e3, float(largest)))


@settings(max_examples=250, deadline=None)
@given(cases())
def test_there_and_back_is_where_it_began(case):
    t, takes, comes, fields = case
    built = made(t, takes, comes, fields)
    assume(built.invertibility != "no")
    points = spread(takes)
    try:
        ahead = [forward(t, point, fields) for point in points]
        # A stated inverse need not be one; and a projection may drop what was not zero.
        assume([backward(t, point, fields, takes) for point in ahead] == points)
    except NoInverseError:
        assume(False)
    moved = moved_or_assumed(built, points)
    size = max(1e3, float(np.abs(moved).max()))
    close(moved_or_assumed(built.inverse(), moved.tolist()), points, size)


@settings(max_examples=200, deadline=None)
@given(cases())
def test_folded_is_unfolded(case):
    t, takes, comes, fields = case
    built = made(t, takes, comes, fields)
    points = np.array(spread(takes), dtype=float)
    single = points
    moving = Moving("error", 1e-11)
    moving.begin(len(points))
    try:
        for step in built.steps:
            single = step.apply(single, moving)
    except FieldError as error:
        assume("outside" not in error.message)
        raise
    assert (built.matrix is None) == (bool(built.needs))
    found = moved_or_assumed(built, points.tolist())
    size = max(1.0, float(np.abs(found).max()))
    np.testing.assert_allclose(found, single, rtol=1e-9, atol=1e-9 * size)
    if built.matrix is not None:
        assert built.matrix.shape == (comes, takes + 1)
        whole = affine.apply(built.matrix, points)
        np.testing.assert_allclose(whole, single, rtol=1e-9, atol=1e-9 * size)


@settings(max_examples=200, deadline=None)
@given(cases(), st.integers(1, 3))
def test_wrong_dimensions_are_errors_before_any_arithmetic(case, excess):
    t, takes, comes, fields = case
    assume(not fields)  # what a coordinate field gives, the field tells
    with pytest.raises(DimensionalityError):
        mapping(READ.validate_python(t), takes, comes + excess)
    if not fewer_inputs_are_used(t):
        with pytest.raises(DimensionalityError):
            mapping(READ.validate_python(t), takes + excess, comes)
    built = made(t, takes, comes, fields)
    for wrong in {1, takes + 1, max(1, takes - 1)} - {takes}:
        # NaN in, and no warning of arithmetic: the error comes first.
        with pytest.raises(DimensionalityError):
            built.apply(np.full((2, wrong), np.nan))


def fewer_inputs_are_used(t):
    """Tell whether more inputs may be there than are named: a byDimension may leave some unused."""
    if t["type"] == "byDimension":
        return True
    if t["type"] == "sequence":
        return any(map(fewer_inputs_are_used, t["transformations"]))
    return t["type"] == "bijection" and fewer_inputs_are_used(t["forward"])


def test_the_second_reading_on_the_examples_of_the_specification():
    """The reading is held against numbers that the text itself gives."""
    by_hand = [
        ({"type": "mapAxis", "mapAxis": [1, 0]}, [3, 7], [7, 3]),
        ({"type": "affine", "affine": [[1, 2, 3], [4, 5, 6]]}, [1, 2], [8, 20]),
        ({"type": "affine", "affine": [[1, 2, 3], [4, 5, 6], [7, 8, 9]]}, [1, 2], [8, 20, 32]),
        ({"type": "rotation", "rotation": [[0, -1], [1, 0]]}, [1, 2], [-2, 1]),
        (
            {
                "type": "sequence",
                "transformations": [
                    {"type": "translation", "translation": [0.1, 0.9]},
                    {"type": "scale", "scale": [2, 3]},
                ],
            },
            [0, 0],
            [2 * Fraction(0.1), 3 * Fraction(0.9)],
        ),
    ]
    for t, point, expected in by_hand:
        assert forward(t, [Fraction(x) for x in point], {}) == expected
        if len(point) == len(expected):
            there = [Fraction(x) for x in expected]
            assert backward(t, there, {}, len(point)) == point
