"""`catalog transform`: boxes, units, fields, and points in binary forms."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zarr

from catalog import Catalog

SIZE = 40


def axes(unit: str | None, names: str = "yx") -> list[dict[str, str]]:
    return [
        {"name": name, "type": "space"} | ({} if unit is None else {"unit": unit}) for name in names
    ]


def edge(source: str, target: str, **transformation: object) -> dict[str, object]:
    return {**transformation, "input": {"name": source}, "output": {"name": target}}


def write_field(root: zarr.Group, name: str, vectors: np.ndarray) -> None:
    system = [*axes("micrometer"), {"name": "d", "type": "displacement"}]
    placed = {"type": "scale", "scale": [1, 1, 1]}
    ends = {"input": {"path": "0"}, "output": {"name": "physical"}}
    image = {
        "coordinateSystems": [{"name": "physical", "axes": system}],
        "datasets": [{"path": "0", "coordinateTransformations": [{**placed, **ends}]}],
    }
    field = root.create_group(name)
    field.create_array("0", data=vectors, chunks=(16, 16, 2))
    field.update_attributes({"ome": {"version": "0.6", "multiscales": [image]}})


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a scene of systems in several units, some of them warped into each other."""
    place = tmp_path_factory.mktemp("transform") / "brain.zarr"
    root = zarr.open_group(place, mode="w")
    units = {
        "tile": axes("micrometer"),
        "atlas": axes("millimeter", "uv"),
        "warped": axes("micrometer"),
        "torn": axes("micrometer"),
        "grid": axes(None),
        "odd": axes("furlong"),
    }
    body = {
        "coordinateSystems": [{"name": name, "axes": some} for name, some in units.items()],
        "coordinateTransformations": [
            edge("tile", "atlas", type="affine", affine=[[0, 0.001, 5], [-0.001, 0, 7]]),
            edge("tile", "warped", type="displacements", path="warp"),
            edge("tile", "torn", type="displacements", path="torn", interpolation="nearest"),
            edge("grid", "tile", type="scale", scale=[0.5, 0.25]),
            edge("tile", "odd", type="identity"),
        ],
    }
    root.update_attributes({"ome": {"version": "0.6", "scene": body}})
    rows, columns = np.meshgrid(np.arange(SIZE), np.arange(SIZE), indexing="ij")
    warp = np.stack([2 * np.sin(columns / 9), 1.5 * np.cos(rows / 8)], axis=-1)
    write_field(root, "warp", warp)
    # Torn apart along a line: nothing comes to the gap.
    write_field(root, "torn", np.stack([np.where(rows < 20, 0, 6), 0 * rows], axis=-1))
    return place


@pytest.fixture(params=["disk", "database"])
def ask(request: pytest.FixtureRequest, run: Any, scene: Path) -> Any:
    """Run `catalog transform` on the scene, without and with a database."""
    if request.param == "database":
        assert run("index", scene).status == 0
        return lambda *arguments, **more: run("transform", *arguments, **more)
    return lambda *arguments, **more: run("transform", scene, *arguments, **more)


POINTS = [[10.0, 20.0], [12.5, 30.25], [3.0, 17.0]]


def lines(points: list[list[float]]) -> str:
    return "".join(f"{y!r},{x!r}\n" for y, x in points)


def table(text: str) -> np.ndarray:
    return np.loadtxt(io.StringIO(text), delimiter=",", ndmin=2)


def test_units_are_never_converted_silently(ask: Any) -> None:
    plain = ask("tile", "atlas", "--points", "-", stdin=lines(POINTS))
    found = table(plain.out)
    assert found == pytest.approx(np.array([[5 + x / 1000, 7 - y / 1000] for y, x in POINTS]))
    (note,) = plain.err.splitlines()
    assert note.startswith("Units differ: u, v of ")
    assert "in millimeter" in note
    assert "in micrometer. Nothing was converted" in note

    asked = ask("tile", "atlas", "--points", "-", "--convert-units", stdin=lines(POINTS))
    assert table(asked.out).tolist() == (found * 1000).tolist()
    assert asked.err.startswith("Converted u, v from millimeter")
    assert asked.err.rstrip().endswith(": times 1,000.")

    back = ask("atlas", "tile", "--points", "-", "--convert-units", "--json", stdin="5.02,6.99\n")
    value = json.loads(back.out)
    assert np.array(value["coordinates"]) == pytest.approx(np.array([[0.01, 0.02]]))
    assert "divided by 1,000" in value["message"]
    assert back.err == ""


def test_nothing_is_said_where_units_agree_or_are_unknown(ask: Any) -> None:
    for ends in (("grid", "tile"), ("tile", "tile"), ("tile", "grid"), ("grid", "atlas")):
        assert ask(*ends, "--points", "-", stdin=lines(POINTS)).err == ""
    asked = ask("grid", "atlas", "--points", "-", "--convert-units", stdin=lines(POINTS))
    assert asked.err == "Nothing was converted: no units differ between the two ends.\n"


def test_an_unknown_unit_is_not_converted(ask: Any) -> None:
    ran = ask("tile", "odd", "--points", "-", "--convert-units", stdin=lines(POINTS))
    assert ran.status == 1
    assert "the size of 'furlong' is not known" in ran.err


def test_a_field_backwards_says_how_exact_it_was(ask: Any) -> None:
    there = ask("tile", "warped", "--points", "-", stdin=lines(POINTS))
    assert (there.status, there.err) == (0, "")
    back = ask("warped", "tile", "--points", "-", stdin=there.out)
    assert back.status == 0
    assert table(back.out) == pytest.approx(np.array(POINTS), abs=1e-5)
    assert "Used the numeric inverse of the field" in back.err
    assert "residual" in back.err
    assert "0 of 3 points did not converge" in back.err

    as_json = ask("warped", "tile", "--points", "-", "--json", stdin=there.out)
    value = json.loads(as_json.out)
    assert list(value) == ["coordinates", "message"]
    assert "0 of 3 points did not converge" in value["message"]
    assert (as_json.status, as_json.err) == (0, "")


def test_blocks_are_counted_together(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog.cli.transform._FIELD_BLOCK", 2)
    inside = [[10.0, 20.0]] * 50
    ran = ask("warped", "tile", "--points", "-", stdin=lines(inside))
    assert "0 of 50 points did not converge" in ran.err
    far = [*inside, [1000.0, 0.0], *inside]
    ran = ask("tile", "warped", "--points", "-", stdin=lines(far))
    assert ran.status == 1
    assert "point 50 (1000, 0)" in ran.err
    ran = ask("tile", "warped", "--points", "-", "--outside", "nan", stdin=lines(far))
    assert ran.status == 0
    assert np.isnan(table(ran.out)[:, 0]).nonzero()[0].tolist() == [50]
    assert "1 of 101 points lie outside the field" in ran.err


def test_points_outside_a_field(ask: Any) -> None:
    far = lines([[10, 20], [500, 20]])
    refused = ask("tile", "warped", "--points", "-", stdin=far)
    assert (refused.status, refused.out) == (1, "")
    assert "lies outside the displacements field" in refused.err
    as_json = ask("tile", "warped", "--points", "-", "--json", "--outside", "nan", stdin=far)
    value = json.loads(as_json.out)
    assert value["coordinates"][1] == [None, None]
    assert "they are NaN" in value["message"]
    clamped = ask("tile", "warped", "--points", "-", "--outside", "clamp", stdin=far)
    assert table(clamped.out)[1, 0] == pytest.approx(500 + 2 * np.sin(20 / 9))
    assert ask("tile", "warped", "--points", "-", "--tolerance", "0", stdin=far).status == 2


def test_what_does_not_converge_is_a_failure_in_part(ask: Any) -> None:
    arguments = ("torn", "tile", "--points", "-")
    around = lines([[23.0, 20.0], [30.0, 12.0]])
    ran = ask(*arguments, stdin=around)
    assert ran.status == 1
    assert len(table(ran.out)) == 2
    assert "1 of 2 points did not converge" in ran.err
    as_json = ask(*arguments, "--json", stdin=around)
    assert as_json.status == 1
    assert list(json.loads(as_json.out)) == ["coordinates", "message"]
    accepted = ask(*arguments, "--outside", "nan", stdin=around)
    assert accepted.status == 0
    assert np.isnan(table(accepted.out)).any(axis=1).tolist() == [True, False]


def test_a_box_through_an_affine_path(ask: Any) -> None:
    ran = ask("tile", "atlas", "--box", "x=1000:3000,y=0:500")
    assert (ran.status, ran.out) == (0, "u=6.0:8.0,v=6.5:7.0\n")
    assert "Units differ" in ran.err
    value = json.loads(ask("tile", "atlas", "--box", "0:500,1000:3000", "--json").out)
    message = value.pop("message")
    assert value == {"low": [6.0, 6.5], "high": [8.0, 7.0], "axes": ["u", "v"], "exact": True}
    assert message.startswith("Units differ")
    back = ask("atlas", "tile", "--box", ran.out.strip(), "--convert-units", "-o", "box.json")
    assert back.out == ""
    box = json.loads(Path("box.json").read_text(encoding="utf-8"))
    assert box["low"] == pytest.approx([0.0, 1.0])
    assert box["high"] == pytest.approx([0.5, 3.0])


def test_a_box_through_a_field_is_approximate(ask: Any, scene: Path) -> None:
    ran = ask("tile", "warped", "--box", "y=5:25,x=8:30")
    assert ran.status == 0
    assert "The box is approximate" in ran.err
    value = json.loads(ask("tile", "warped", "--box", "y=5:25,x=8:30", "--json").out)
    assert value["exact"] is False
    dense = np.meshgrid(np.linspace(5, 25, 201), np.linspace(8, 30, 221), indexing="ij")
    inside = np.stack([some.ravel() for some in dense], axis=1)
    moved = table(ask("tile", "warped", "--points", "-", stdin=lines(inside.tolist())).out)
    assert np.array(value["low"]) == pytest.approx(moved.min(axis=0), abs=1e-3)
    assert np.array(value["high"]) == pytest.approx(moved.max(axis=0), abs=1e-3)
    assert (np.array(value["low"]) <= moved.min(axis=0) + 1e-6).all()
    assert (np.array(value["high"]) >= moved.max(axis=0) - 1e-6).all()
    back = ask("warped", "tile", "--box", ran.out.strip())
    assert "Used the numeric inverse of the field" in back.err


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("--box", "x=1:2"), 2, "has no y; the axes of tile are y, x"),
        (("--box", "x=1:2,y=3:4,z=5:6"), 2, "names 'z'"),
        (("--box", "x=1:2,x=3:4,y=5:6"), 2, "names an axis twice"),
        (("--box", "1:2"), 2, "has 1 sides"),
        (("--box", "x=1:2,3:4"), 2, "Some sides"),
        (("--box", "x=1:2,y=three"), 2, "'y=three' is no side of a box"),
        (("--box", "x=2:1,y=0:1"), 1, "empty along axis 1"),
        (("--box", "x=1:2,y=3:4", "--points", "-"), 2, "--box moves a box"),
        (("[[1, 2]]", "--box", "x=1:2,y=3:4"), 2, "POINTS and --box exclude each other"),
    ],
)
def test_boxes_that_are_none(
    run: Any, scene: Path, arguments: tuple[str, ...], status: int, words: str
) -> None:
    ran = run("transform", scene, "tile", "atlas", *arguments)
    assert ran.status == status
    assert words in " ".join(ran.err.split())


def test_the_name_of_the_output_decides_its_form(run: Any, scene: Path, tmp_path: Path) -> None:
    def ask(*arguments: str | Path) -> Any:
        return run("transform", scene, "grid", "tile", "--points", *arguments)

    values = np.arange(12.0).reshape(2, 3, 2)
    np.save(tmp_path / "points.npy", values)
    expected = values * [0.5, 0.25]
    assert ask(tmp_path / "points.npy", "-o", "moved.npy").status == 0
    assert np.array_equal(np.load("moved.npy"), expected)
    assert ask(tmp_path / "points.npy", "-o", "moved.csv").status == 0
    assert np.array_equal(np.loadtxt("moved.csv", delimiter=","), expected.reshape(-1, 2))
    assert ask("moved.csv", "-o", "again.parquet").status == 0
    found = pq.read_table("again.parquet")
    assert found.column_names == ["y", "x"]
    assert found["y"].to_pylist() == (expected[..., 0].ravel() / 2).tolist()
    Path("cells.csv").write_text("id,x,y\na,1,2\n", encoding="utf-8")
    ran = ask("cells.csv", "-o", "cells.npy")
    assert ran.err == "Left out, for npy holds coordinates alone: id.\n"
    assert np.load("cells.npy").tolist() == [[1.0, 0.25]]
    assert ask("cells.csv", "-o", "cells.unknown").status == 0
    assert Path("cells.unknown").read_text(encoding="utf-8") == "id,y,x\na,1.0,0.25\n"


def test_tables_of_pandas(run: Any, scene: Path) -> None:
    pandas = pytest.importorskip("pandas")
    cells = pandas.DataFrame(
        {"x": [4.0, 8.0], "kind": ["a", None], "y": [1, 2]}, index=pandas.Index([7, 9], name="cell")
    )
    cells.to_parquet("cells.parquet")
    ran = run("transform", scene, "grid", "tile", "--points", "cells.parquet", "-o", "out.parquet")
    assert ran.status == 0
    found = pandas.read_parquet("out.parquet").set_index("cell")
    assert found.index.tolist() == [7, 9]
    assert found[["y", "x"]].to_numpy().tolist() == [[0.5, 1.0], [1.0, 2.0]]
    assert found["kind"].isna().tolist() == [False, True]


def test_binary_points_through_pipes(scene: Path) -> None:
    def pipe(data: bytes, *arguments: str) -> bytes:
        command = [sys.executable, "-c", "from catalog.cli import main; main()", "transform"]
        command += [str(scene), "grid", "tile", "-", *arguments]
        return subprocess.run(command, input=data, check=True, capture_output=True).stdout

    values = np.arange(20.0).reshape(10, 2)
    data = io.BytesIO()
    np.save(data, values)
    assert np.array_equal(np.load(io.BytesIO(pipe(data.getvalue()))), values * [0.5, 0.25])
    data = io.BytesIO()
    pq.write_table(pa.table({"x": values[:, 1], "k": ["a"] * 10, "y": values[:, 0]}), data)
    found = pq.read_table(io.BytesIO(pipe(data.getvalue(), "--format", "parquet")))
    assert found.column_names == ["y", "x", "k"]
    assert found["x"].to_pylist() == (values[:, 1] / 4).tolist()


def test_a_listing_as_parquet(run: Any, scene: Path) -> None:
    assert run("index", scene).status == 0
    assert run("systems", "-o", "systems.parquet").status == 0
    rows = pq.read_table("systems.parquet").to_pylist()
    listed = list(csv.DictReader(io.StringIO(run("systems", "--csv").out)))
    assert [row["address"] for row in rows] == [row["address"] for row in listed]
    atlas = next(row for row in rows if row["address"].endswith("#atlas"))
    assert (atlas["axes"], atlas["units"]) == (["u", "v"], ["millimeter"] * 2)
    assert run("systems", "--kind", "implied", "-o", "none.parquet").status == 0
    assert pq.read_table("none.parquet").num_rows == 0


def test_without_pyarrow_parquet_says_what_to_install(
    run: Any, scene: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    ran = run("transform", scene, "grid", "tile", "[[1, 2]]", "-o", "out.parquet")
    assert ran.status == 2
    assert "pip install 'ome-scene-catalog[parquet]'" in ran.err
    assert not Path("out.parquet").exists()


def test_the_same_in_python(run: Any, scene: Path) -> None:
    assert run("index", scene).status == 0
    with Catalog("catalog.db") as catalog:
        ends = "brain.zarr#tile", "brain.zarr#atlas"
        in_atlas = catalog.transform(np.array([POINTS]), *ends)
        assert in_atlas.shape == (1, 3, 2)
        converted = catalog.transform(np.array([POINTS]), *ends, convert_units=True)
        assert converted.tolist() == (in_atlas * 1000).tolist()
        box = catalog.transform_box([0, 1000], [500, 3000], *ends)
        assert (box.low, box.high, box.exact) == ((6.0, 6.5), (8.0, 7.0), True)
        box = catalog.transform_box([5, 8], [25, 30], "brain.zarr#warped", "brain.zarr#tile")
        assert not box.exact
        assert len(box.notes) == 2
        # Along the way that the field is stated in, there is nothing to invert.
        assert len(catalog.transform_box([5, 8], [9, 9], ends[0], "brain.zarr#warped").notes) == 1
