"""Matrices, napari, Neuroglancer, JSON."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.errors import TransformationError, UsageError
from catalog.export import FORMS, End, export, to_napari, to_neuroglancer
from catalog.graph import Path
from catalog.metadata.axes import Axis

ROWS = [[0.1, 0.2, 1 / 3], [0.0, 2.0, -7.25]]
numbers = st.floats(-1e3, 1e3).filter(lambda value: value == 0 or abs(value) > 1e-3)


def axes(
    names: str, unit: str | None = "micrometer", type: str | None = "space"
) -> tuple[Axis, ...]:
    return tuple(Axis(name=name, type=type, unit=unit) for name in names)


YX = End(axes("yx"))
VOXELS = End(axes("yx", None, "array"), "array")


def test_every_form_ends_its_last_line_and_says_what_to_know(affine_path) -> None:
    path = affine_path(*ROWS)
    for form in FORMS:
        exported = export(path, form, YX, YX)
        assert exported.text.endswith("\n")
        assert bool(exported.notes) == (form != "json")
    with pytest.raises(UsageError, match="'tfm' is not a form"):
        export(path, "tfm", YX, YX)


def test_json_is_the_path_as_the_api_gives_it(affine_path) -> None:
    path = affine_path(*ROWS)
    assert json.loads(export(path, "json", YX, YX).text) == path.to_dict()


def test_a_matrix_is_read_by_numpy_to_the_last_bit(affine_path) -> None:
    text = export(affine_path(*ROWS), "matrix", YX, YX).text
    assert np.loadtxt(io.StringIO(text)).tolist() == ROWS


def test_napari_gets_a_homogeneous_matrix_in_numpys_order(affine_path) -> None:
    exported = export(affine_path(*ROWS), "napari", VOXELS, YX)
    assert json.loads(exported.text) == [*ROWS, [0, 0, 1]]
    assert "columns those of FROM (y, x)" in exported.notes[0]
    assert "neither scale nor translate" in exported.notes[1]
    assert (
        "own scale and translate must lead" in export(affine_path(*ROWS), "napari", YX, YX).notes[1]
    )


def test_napari_wants_as_many_axes_on_both_sides(affine_path) -> None:
    with pytest.raises(TransformationError, match="from 2 to 1 dimensions"):
        to_napari(affine_path([1, 0, 0]))


def moved(transform: dict, voxel: list[float]) -> np.ndarray:
    """Move a point as Neuroglancer does, into metres (or what the unit is).

    Its manual: lengths go through the linear part; the translation is in output units.
    """
    matrix = np.array(transform["matrix"])
    into = np.array([size for size, _ in transform["inputDimensions"].values()])
    out = np.array([size for size, _ in transform["outputDimensions"].values()])
    return matrix[:, :-1] @ (np.array(voxel) * into) + matrix[:, -1] * out


@given(st.lists(numbers, min_size=6, max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_neuroglancer_voxels_have_their_centre_at_the_half(affine_path, values) -> None:
    path = affine_path(*np.reshape(values, (2, 3)).tolist(), source="img/0#")
    transform = to_neuroglancer(path, VOXELS, YX)
    index = [3.0, 40.0]
    centre = [value + 0.5 for value in index]
    expected = path.transform([index])[0] * 1e-6
    np.testing.assert_allclose(moved(transform, centre), expected, rtol=1e-9, atol=1e-14)


def test_neuroglancer_is_told_the_size_of_voxels(affine_path) -> None:
    path = affine_path([0, 0.25, 5], [2.0, 0, -1], source="img/0#")
    assert to_neuroglancer(path, VOXELS, YX) == {
        "inputDimensions": {"y": [2e-6, "m"], "x": [2.5e-7, "m"]},
        "outputDimensions": {"y": [1e-6, "m"], "x": [1e-6, "m"]},
        "matrix": [[0, 1, 4.875], [1, 0, -2]],
    }


def test_neuroglancer_takes_points_of_other_systems_in_their_units(affine_path) -> None:
    path = affine_path([1000, 0, 3], [0, 1000, 4])
    transform = to_neuroglancer(path, End(axes("yx", "millimeter")), YX)
    assert transform["inputDimensions"] == {"y": [1e-3, "m"], "x": [1e-3, "m"]}
    np.testing.assert_allclose(transform["matrix"], [[1, 0, 3], [0, 1, 4]])
    np.testing.assert_allclose(moved(transform, [2, 5]), [2.003e-3, 5.004e-3])


def test_neuroglancer_knows_time_channels_and_mere_numbers(affine_path) -> None:
    layout = (
        Axis(name="t", type="time", unit="minute"),
        Axis(name="c", type="channel"),
        Axis(name="µ m", type="space", unit="nanometer"),
        Axis(name="7", type="space"),
    )
    transform = to_neuroglancer(affine_path(*np.eye(4, 5).tolist()), End(layout), End(layout))
    assert transform["outputDimensions"] == {
        "t": [60.0, "s"],
        "c'": [1.0, ""],
        "d__m": [1e-9, "m"],
        "d7": [1.0, ""],
    }


def test_neuroglancer_needs_units_that_it_can_measure(affine_path) -> None:
    path = affine_path(*ROWS)
    with pytest.raises(TransformationError, match="axis 'y' of there has the unit 'furlong'"):
        to_neuroglancer(path, YX, End(axes("yx", "furlong")))
    with pytest.raises(TransformationError, match="axes of there are not declared"):
        to_neuroglancer(path, YX, End(None))


def test_from_a_system_to_itself_is_the_identity() -> None:
    here = Path("a", "a", (), 0, 2, 2)
    assert to_napari(here).tolist() == np.eye(3).tolist()
    assert to_neuroglancer(here, YX, YX)["matrix"] == np.eye(2, 3).tolist()
    with pytest.raises(TransformationError, match="of how many dimensions"):
        to_napari(Path("a", "a", (), 0))
