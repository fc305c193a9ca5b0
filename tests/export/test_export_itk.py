"""ITK transform files: order of axes, what is refused, what is said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.errors import TransformationError
from catalog.export import End, to_itk
from catalog.metadata.axes import Axis

numbers = st.floats(-1e3, 1e3)


def space(names: str, unit: str | None = "micrometer") -> End:
    return End(tuple(Axis(name=name, type="space", unit=unit) for name in names))


def read(text: str) -> tuple[np.ndarray, np.ndarray]:
    """Read the file as ITK's manual describes it: lines of `Name: values`, # for comments."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    fields = dict(line.split(": ", 1) for line in lines)
    assert list(fields) == ["Transform", "Parameters", "FixedParameters"]
    ndim = int(fields["Transform"].rsplit("_", 1)[1])
    assert fields["Transform"] == f"AffineTransform_double_{ndim}_{ndim}"
    assert fields["FixedParameters"].split() == ["0"] * ndim
    values = np.array(fields["Parameters"].split(), dtype=float)
    return values[: ndim * ndim].reshape(ndim, ndim), values[ndim * ndim :]


@given(st.permutations("xyz"), st.permutations("xyz"), st.lists(numbers, min_size=12, max_size=12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_points_by_name_go_the_same_way(affine_path, into, out, values) -> None:
    path = affine_path(*np.reshape(values, (3, 4)).tolist())
    matrix, shift = read(to_itk(path, space("".join(into)), space("".join(out))))
    point = {"x": 1.5, "y": -20.0, "z": 300.0}
    moved = path.transform([[point[name] for name in into]])[0]
    by_name = dict(zip(out, moved, strict=True))
    found = matrix @ [point[name] for name in "xyz"] + shift
    np.testing.assert_allclose(found, [by_name[name] for name in "xyz"], rtol=1e-12, atol=1e-7)


def test_two_dimensions(affine_path) -> None:
    matrix, shift = read(to_itk(affine_path([1, 2, 3], [4, 5, 6]), space("yx"), space("yx")))
    assert matrix.tolist() == [[5, 4], [2, 1]]
    assert shift.tolist() == [6, 3]


def test_no_digit_is_lost(affine_path) -> None:
    text = to_itk(affine_path([0.1, 1 / 3, 1e-17], [2**0.5, 1e300, -0.0]), space("xy"), space("xy"))
    matrix, shift = read(text)
    assert matrix.tolist() == [[0.1, 1 / 3], [2**0.5, 1e300]]
    assert shift.tolist() == [1e-17, 0.0]


def test_axes_of_other_names_are_taken_backwards_and_that_is_said(affine_path) -> None:
    path = affine_path([1, 2, 3], [4, 5, 6])
    text = to_itk(path, space("yx"), End(tuple(Axis(name=n, type="space") for n in ("AP", "DV"))))
    assert read(text)[1].tolist() == [6, 3]
    assert "not named x, y, z; AP, DV are taken backwards" in text


def test_orientation_order_and_units_are_said_in_the_file(affine_path) -> None:
    path = affine_path([1, 0, 0], [0, 1, 0])
    text = to_itk(path, space("yx"), space("yx", "millimeter"))
    said = [line for line in text.splitlines() if line.startswith("# ")]
    assert text.splitlines()[0] == "#Insight Transform File V1.0"
    for words in (
        "From img#here",
        "to   there",
        "in the order of ITK: x, y",
        "(LPS); no axis was turned",
        "from micrometer to millimeter, not converted",
        "To resample",
    ):
        assert any(words in line for line in said), words


def test_an_arrays_own_axes_are_voxels(affine_path) -> None:
    path = affine_path([2, 0, 0], [0, 1, 0], source="img/0#")
    voxels = End(tuple(Axis(name=name, type="array") for name in "yx"), "array")
    assert "from voxels to micrometer" in to_itk(path, voxels, space("yx"))


@pytest.mark.parametrize(
    ("rows", "source", "target", "words"),
    [
        (
            [[1, 0, 0], [0, 1, 0]],
            End((Axis(name="t", type="time"), Axis(name="x", type="space"))),
            space("yx"),
            r"in space only, and img#here has the axes t \(time\)",
        ),
        (
            [[1, 0, 0], [0, 1, 0]],
            space("yx"),
            End((Axis(name="c", type=None), Axis(name="x", type="space"))),
            r"there has the axes c \(no type\)",
        ),
        (
            [[1, 0, 0], [0, 1, 0]],
            End((Axis(name="y", type="space", unit="meter"), Axis(name="x", type="space"))),
            space("yx"),
            "one unit for all axes, and img#here has several",
        ),
        ([[1, 0, 0]], space("yx"), space("x"), "from 2 to 1 dimensions"),
        ([[1, 0]], space("x"), space("x"), "holds 2 to 2 or 3 to 3"),
        (
            np.eye(4, 5).tolist(),
            space("wzyx"),
            space("wzyx"),
            "from 4 to 4 dimensions",
        ),
        ([[1, 0, 0], [0, 1, 0]], End(None), space("yx"), "axes of img#here are not declared"),
        ([[1, 0, 0], [0, 1, 0]], space("zyx"), space("yx"), "declares 3 axes .*the path has 2"),
    ],
)
def test_what_itk_cannot_say_is_refused(affine_path, rows, source, target, words) -> None:
    with pytest.raises(TransformationError, match=words):
        to_itk(affine_path(*rows), source, target)


def test_a_field_is_refused_with_what_to_do(walk) -> None:
    field = {"type": "displacements", "path": "fields/warp"}
    path = walk("a", "b", {"a": 2, "b": 2}, ("a", "b", field, ""))
    with pytest.raises(TransformationError, match=r"the field fields/warp.*--as ome-zarr"):
        to_itk(path, space("yx"), space("yx"))
