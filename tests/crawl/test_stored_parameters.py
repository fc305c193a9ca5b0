"""Parameters stored as arrays are judged by their values, as inline ones are."""

import json
from pathlib import Path

import numpy as np
import pytest
import zarr

from catalog.crawl.checking import check_reading
from catalog.crawl.interpret import interpret
from catalog.crawl.read import read_hierarchy

AXES = [{"name": "y", "type": "space"}, {"name": "x", "type": "space"}]


def store(root: Path, kind: str, values: list[list[float]] | None) -> str:
    """Write a scene with one transformation whose parameters are stored, or are not (None)."""
    transformation = {
        "type": kind,
        "path": "parameters",
        "input": {"name": "a"},
        "output": {"name": "b"},
    }
    scene = {
        "coordinateSystems": [{"name": name, "axes": AXES} for name in "ab"],
        "coordinateTransformations": [transformation],
    }
    group = zarr.create_group(root, zarr_format=3)
    group.attrs["ome"] = {"version": "0.6", "scene": scene}
    shape = (2, 2) if kind == "rotation" else (2, 3)
    array = group.create_array("parameters", shape=shape, dtype="float64")
    if values is not None:
        array[:] = np.array(values)
    return f"file://{root}"


def found(url: str) -> list[tuple[str, str]]:
    problems = check_reading(read_hierarchy(url))
    return [
        (problem.code, problem.severity)
        for problem in problems
        if problem.pointer == "/ome/scene/coordinateTransformations/0"
    ]


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        ("rotation", [[0, 1], [-1, 0]], []),
        ("rotation", [[0, 1], [1, 0]], [("rotation-matrix", "error")]),
        ("rotation", None, [("missing-parameters", "warning")]),
        ("affine", [[3, 0.4, 30], [0.3, 2, 20]], []),
        ("affine", [[1, 2, 5], [2, 4, 5]], [("singular-affine", "warning")]),
        ("affine", [[1, 2, 5], [float("nan"), 4, 5]], [("not-finite", "error")]),
        ("affine", None, [("missing-parameters", "warning")]),
    ],
)
def test_stored_values_are_judged(
    tmp_path: Path,
    kind: str,
    values: list[list[float]] | None,
    expected: list[tuple[str, str]],
) -> None:
    url = store(tmp_path / "scene.zarr", kind, values)
    assert found(url) == expected


def test_stored_values_become_the_recorded_matrix(tmp_path: Path) -> None:
    url = store(tmp_path / "scene.zarr", "affine", [[3, 0.4, 30], [0.3, 2, 20]])
    record, read = interpret(read_hierarchy(url))
    (edge,) = record.transformations
    assert edge.affine == ((3, 0.4, 30), (0.3, 2, 20))
    assert json.loads(edge.parameters)["path"] == "parameters"
    assert read.read == ("parameters",)
