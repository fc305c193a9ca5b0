"""`catalog path --as`: the path for other programs."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

WAY = ("moving#stage", "registration.zarr#atlas")


@pytest.fixture
def matrix(indexed) -> np.ndarray:
    """The matrix of the way, from the path's own JSON."""
    return np.array(json.loads(indexed("path", *WAY, "--json").out)["matrix"])


def test_json_and_matrix_are_what_their_flags_print(indexed) -> None:
    for form in ("json", "matrix"):
        assert indexed("path", *WAY, "--as", form) == indexed("path", *WAY, f"--{form}")


def test_each_form_goes_to_stdout_and_its_notes_to_stderr(indexed, matrix) -> None:
    itk = indexed("path", *WAY, "--as", "itk")
    assert itk.out.startswith("#Insight Transform File V1.0\n")
    assert "LPS" in itk.err
    napari = indexed("path", *WAY, "--as", "napari")
    assert json.loads(napari.out)[:3] == matrix.tolist()
    assert "(z, y, x)" in napari.err
    neuroglancer = json.loads(indexed("path", *WAY, "--as", "neuroglancer").out)
    assert neuroglancer["outputDimensions"]["x"] == [1e-6, "m"]
    ome_zarr = indexed("path", *WAY, "--as", "ome-zarr")
    assert json.loads(ome_zarr.out)["input"] == {"path": "moving", "name": "stage"}
    assert "registration.zarr: its paths count from there" in ome_zarr.err


@pytest.mark.parametrize(
    ("file", "begins"),
    [("a.tfm", "#Insight"), ("a.json", "{"), ("a.txt", ""), ("a.npy", None)],
)
def test_the_files_suffix_tells_the_form(indexed, matrix, tmp_path, file, begins) -> None:
    ran = indexed("path", *WAY, "-o", file)
    assert (ran.status, ran.out) == (0, "")
    written = tmp_path / file
    if begins is None:
        assert np.load(written).tolist() == matrix.tolist()
    else:
        assert written.read_text().startswith(begins)
    if file == "a.txt":
        assert np.loadtxt(written).tolist() == matrix.tolist()


def test_a_form_goes_into_any_file(indexed, tmp_path: Path) -> None:
    assert indexed("path", *WAY, "--as", "ome-zarr", "-o", "a.json").status == 0
    assert json.loads((tmp_path / "a.json").read_text())["type"] == "affine"


def test_alternatives_have_matrices_and_nothing_else(indexed) -> None:
    ran = indexed("path", *WAY, "--all", "--as", "matrix")
    assert np.loadtxt(io.StringIO(ran.out)).shape[1] == 4
    refused = indexed("path", *WAY, "--all", "--as", "itk")
    assert refused.status == 2
    assert "holds one path" in refused.err


def test_what_does_not_go_together_is_a_usage_error(indexed) -> None:
    for arguments, words in (
        (("--as", "itk", "--json"), "--as itk and --json exclude"),
        (("--matrix", "--json"), "--json and --matrix exclude"),
        (("-o", "a.xml"), ".xml tells no form"),
        (("--as", "elastix"), "'elastix' is not one of"),
    ):
        ran = indexed("path", *WAY, *arguments)
        assert ran.status == 2, arguments
        assert words in ran.err


def test_what_a_form_cannot_say_is_an_error_with_what_to_do(indexed) -> None:
    ran = indexed("path", "tiles/t11/0#", "tiles.zarr#world", "--as", "ome-zarr", "-o", "a.json")
    assert ran.status == 1
    assert "ask with FROM file://" in ran.err
    assert "tiles/t11#physical" in ran.err
    assert not Path("a.json").exists()
