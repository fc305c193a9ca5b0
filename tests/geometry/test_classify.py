"""What a crawl records of an edge."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.errors import StoreError
from catalog.geometry import rows as plain
from catalog.geometry.classify import (
    affine_rows,
    diagonal,
    inverse_affine_rows,
    invertibility,
    judge,
)
from catalog.geometry.mapping import mapping
from catalog.metadata.transformations import (
    Affine,
    Bijection,
    ByDimension,
    ByDimensionItem,
    Coordinates,
    Displacements,
    Identity,
    MapAxis,
    ProjectAxis,
    Rotation,
    Scale,
    Sequence,
    Translation,
)

SCALE = Scale(scale=(2.0, 4.0))
SHIFT = Translation(translation=(1.0, -1.0))
FIELD = Displacements(path="f")


@pytest.mark.parametrize(
    ("transformation", "expected"),
    [
        (Identity(), "closed"),
        (SCALE, "closed"),
        (Scale(scale=(0.0, 1.0)), "no"),
        (Scale(scale=(1e-320, 1.0)), "no"),
        (Scale(scale=(float("nan"), 1.0)), "no"),
        (SHIFT, "closed"),
        (MapAxis(mapAxis=(1, 0)), "closed"),
        (MapAxis(mapAxis=(1, 1)), "no"),
        (Affine(affine=((1.0, 2.0, 0.0), (0.0, 1.0, 0.0))), "closed"),
        (Affine(affine=((1.0, 2.0, 0.0), (2.0, 4.0, 0.0))), "no"),
        (Affine(affine=((1e-14, 0.0, 0.0), (0.0, 1.0, 0.0))), "no"),
        (Affine(path="m"), "closed"),
        (Rotation(rotation=((0.17, -0.985), (0.985, 0.17))), "closed"),
        (Rotation(rotation=((0.0, 1.0), (1.0, 0.0))), "no"),
        (Sequence(transformations=(SCALE, SHIFT)), "closed"),
        (Sequence(transformations=(SCALE, SHIFT, FIELD)), "numeric"),
        (Sequence(transformations=(SCALE, Scale(scale=(1.0,)))), "no"),
        (FIELD, "numeric"),
        (Coordinates(path="f"), "numeric"),
        (Bijection(forward=FIELD, inverse=FIELD), "explicit"),
        (Sequence(transformations=(SCALE, Bijection(forward=FIELD, inverse=FIELD))), "explicit"),
        (Bijection(forward=SCALE, inverse=Scale(scale=(1.0,))), "no"),
    ],
)
def test_invertibility(transformation, expected):
    assert invertibility(transformation, 2, 2) == expected


def test_affine_rows():
    both = Sequence(transformations=(SCALE, SHIFT))
    assert affine_rows(both, 2, 2) == ((2.0, 0.0, 1.0), (0.0, 4.0, -1.0))
    assert affine_rows(FIELD, 2, 2) is None
    assert affine_rows(SCALE, 3, 3) is None
    assert affine_rows(Identity(), None, None) is None
    assert affine_rows(SCALE, None, None) == ((2.0, 0.0, 0.0), (0.0, 4.0, 0.0))
    stored = affine_rows(Affine(path="m"), 2, 2, lambda _: np.eye(2, 3))
    assert stored == ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
    huge = Scale(scale=(1e300, 1.0))
    assert affine_rows(Sequence(transformations=(huge, huge)), 2, 2) is None


def test_inverse_affine_rows():
    assert inverse_affine_rows(SCALE, 2, 2) is None
    pair = Bijection(forward=FIELD, inverse=SHIFT)
    assert judge(pair, 2, 2) == (None, ((1.0, 0.0, 1.0), (0.0, 1.0, -1.0)), "explicit")
    nested = Sequence(
        transformations=(Scale(scale=(2.0, 4.0)), Bijection(forward=SHIFT, inverse=SHIFT))
    )
    assert inverse_affine_rows(nested, 2, 2) == ((0.5, 0.0, 0.5), (0.0, 0.25, -0.25))
    created = ProjectAxis(createdOutputs=(0,))
    assert inverse_affine_rows(created, 1, 2) == ((0.0, 1.0, 0.0),)


def test_what_cannot_be_read_reaches_the_crawl():
    def read(path):
        raise StoreError("gone", path)

    with pytest.raises(StoreError):
        affine_rows(Affine(path="m"), 2, 2, read)


def test_diagonal():
    assert diagonal(((2.0, 0.0, 1.0), (0.0, 3.0, 1.0))) == (2.0, 3.0)
    assert diagonal(((2.0, 1.0, 1.0), (0.0, 3.0, 1.0))) is None
    assert diagonal(((2.0, 0.0, 1.0),)) is None


def test_the_usual_edges_need_no_numpy():
    code = (
        "import sys\n"
        "from catalog.geometry.classify import judge\n"
        "from catalog.metadata.transformations import Scale, Sequence, Translation\n"
        "t = Sequence(transformations=(Scale(scale=(1., 2.)), Translation(translation=(1., 2.))))\n"
        "assert judge(t, 2, 2).invertibility == 'closed'\n"
        "print('numpy' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


numbers = st.floats(-1e6, 1e6).filter(lambda value: value == 0 or abs(value) > 1e-6)


@st.composite
def linear(draw, ndim=3):
    """A random transformation of `ndim` dimensions in closed form."""
    vector = st.tuples(*[numbers] * ndim)
    kind = draw(st.sampled_from(["identity", "scale", "shift", "map", "affine", "sides", "chain"]))
    if kind == "scale":
        return Scale(scale=draw(vector))
    if kind == "shift":
        return Translation(translation=draw(vector))
    if kind == "map":
        return MapAxis(mapAxis=tuple(draw(st.permutations(range(ndim)))))
    if kind == "affine":
        return Affine(affine=tuple(draw(st.tuples(*[numbers] * (ndim + 1))) for _ in range(ndim)))
    if kind == "sides":
        inputs, outputs = draw(st.permutations(range(ndim))), draw(st.permutations(range(ndim)))
        cut = draw(st.integers(1, ndim - 1)) if ndim > 1 else ndim
        parts = [slice(0, cut), slice(cut, ndim)] if ndim > 1 else [slice(0, 1)]
        return ByDimension(
            transformations=tuple(
                ByDimensionItem(
                    transformation=draw(linear(ndim=len(inputs[part]))),
                    inputAxes=tuple(inputs[part]),
                    outputAxes=tuple(outputs[part]),
                )
                for part in parts
            )
        )
    if kind == "chain":
        return Sequence(transformations=tuple(draw(st.lists(linear(ndim=ndim), max_size=3))))
    return Identity()


@given(linear(), st.lists(st.tuples(*[numbers] * 3), min_size=1, max_size=4))
def test_rows_are_what_going_step_by_step_gives(transformation, points):
    rows = affine_rows(transformation, 3, 3)
    made = mapping(transformation, 3, 3)
    if rows is None:
        assert not plain.is_finite(made.rows)
        return
    stepped = np.array(points)
    size = np.abs(stepped).max() + 1
    for step in made.steps:
        stepped = step.apply(stepped)
        size = size * np.abs(np.array(step.rows)).sum() + 1
    direct = mapping(Affine(affine=rows), 3, 3).apply(np.array(points))
    np.testing.assert_allclose(direct, stepped, rtol=1e-9, atol=1e-12 * size)


@given(linear())
def test_quick_and_thorough_judgement_agree(transformation):
    judged = judge(transformation, 3, 3)
    made = mapping(transformation, 3, 3)
    assert judged.invertibility == made.invertibility
    if judged.affine is not None:
        assert judged.affine == made.rows
