"""`catalog connected`, `depends`, `orphans` and `crawls` on the example scenes."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest


def test_what_is_connected_is_listed_nearest_first(indexed: Any) -> None:
    rows = json.loads(indexed("connected", "registration.zarr#atlas", "--json").out)
    assert [row["address"].rpartition("/")[2] for row in rows[:2]] == ["fixed#physical", "0#"]
    assert [row["cost"] for row in rows] == sorted(row["cost"] for row in rows)
    assert {row["image"] for row in rows} == {"fixed", "moving"}
    path = json.loads(indexed("path", "registration.zarr#atlas", str(rows[-1]["id"]), "--json").out)
    assert (path["cost"], len(path["steps"])) == (rows[-1]["cost"], rows[-1]["steps"])
    near = indexed("connected", "registration.zarr#atlas", "--depth", "1", "--csv").out
    assert [row["steps"] for row in csv.DictReader(io.StringIO(near))] == ["1"]


def test_images_or_systems_alone(indexed: Any) -> None:
    ran = indexed("connected", "tiles.zarr#world", "--images", "--nl")
    images = [json.loads(line) for line in ran.out.splitlines()]
    assert [row["image"] for row in images] == ["t00", "t01", "t10", "t11", "cells"]
    assert indexed("connected", "tiles.zarr#world", "--systems").err == (
        "Nothing can be reached from there.\n"
    )
    ran = indexed("connected", "tiles/t00#physical", "--systems", "--csv")
    assert [row["kind"] for row in csv.DictReader(io.StringIO(ran.out))] == ["declared"]
    ran = indexed("connected", "tiles.zarr#world", "--images", "--limit", "2", "--json")
    assert json.loads(ran.out) == images[:2]
    assert indexed("connected", "tiles.zarr#world", "--forward-only", "--json").out == "[]\n"


@pytest.mark.parametrize("verb", ["connected", "depends"])
def test_what_is_not_there_is_said(indexed: Any, verb: str) -> None:
    ran = indexed(verb, "tiles.zarr#wold")
    assert ran.status == 1
    assert "#world" in ran.err
    assert indexed(verb).status == 2


def test_what_depends_on_an_edge_and_where_it_is_taken(indexed: Any) -> None:
    path = json.loads(indexed("path", "tiles/t01/0#", "tiles.zarr#world", "--json").out)
    last = path["steps"][-1]
    ran = indexed("depends", f"{last['declared_in']}#{last['pointer']}", "--json")
    assert [row["name"] for row in json.loads(ran.out)] == ["t01"]
    assert ran.err.startswith("If the transformation file://")
    assert ran.err.rstrip().endswith("tiles.zarr#world:")
    assert json.loads(ran.out)[0]["levels"] == [0, 1]
    ran = indexed("depends", "tiles/t00#physical", "--to", "tiles.zarr#world", "--json")
    assert sorted(row["name"] for row in json.loads(ran.out)) == ["cells", "t00"]
    ran = indexed("depends", "moving#stage", "--to", "registration.zarr#atlas")
    assert (ran.status, ran.out) == (0, "")
    assert ran.err.endswith("No image would move.\n")
    ran = indexed("depends", "moving#stage", "--to", "tiles.zarr#world")
    assert ran.status == 1
    assert "no transformations connect" in ran.err


def test_orphans_by_kind_and_place(indexed: Any, scenes: Path) -> None:
    rows = json.loads(indexed("orphans", "--json").out)
    assert {(row["what"], row["why"]) for row in rows} == {
        ("image", "no-scene"),
        ("image", "unreferenced"),
        ("reference", "missing-image"),
    }
    chosen = json.loads(indexed("orphans", "--references", "--systems", "--json").out)
    assert chosen == [row for row in rows if row["what"] != "image"]
    below = indexed("orphans", "--images", "--under", scenes / "plate.zarr", "--csv").out
    assert len(list(csv.DictReader(io.StringIO(below)))) == 4
    assert indexed("orphans", "--under", scenes / "tiles.zarr").err == "Nothing is orphaned.\n"
    assert json.loads(indexed("orphans", "--limit", "1", "--json").out) == rows[:1]


def test_crawls_are_listed_and_shown(indexed: Any, scenes: Path) -> None:
    assert indexed("index", scenes / "tiles.zarr").status == 0
    rows = json.loads(indexed("crawls", "--json").out)
    assert [row["id"] for row in rows] == [2, 1]
    assert rows[1]["root"] == f"file://{scenes}"
    assert rows[1]["seen"] == rows[1]["written"] == 6
    assert rows[1]["started_at"].endswith("+00:00")
    assert rows[1]["seconds"] > 0
    ran = indexed("crawls", "--root", scenes / "tiles.zarr", "--csv")
    assert [row["id"] for row in csv.DictReader(io.StringIO(ran.out))] == ["2"]
    assert len(indexed("crawls", "--limit", "1").out.splitlines()) == 2
    text = indexed("crawls", "1").out
    assert "6 seen = 6 written" in text.replace("seen      6", "6 seen")
    assert "1  missing-image (error)" in text
    shown = json.loads(indexed("crawls", "1", "--json").out)
    assert shown["run"] == rows[1]
    assert {"code": "missing-image", "severity": "error", "number": 1} in shown["standing"]
    assert indexed("crawls", "1", "--csv").out.splitlines()[1].startswith("1,file://")
    assert indexed("crawls", "7").status == 1
    assert indexed("crawls", "1", "--root", "x").status == 2


def test_listings_are_written_as_parquet(indexed: Any, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    for name, arguments in {
        "connected": ["tiles.zarr#world"],
        "depends": ["tiles.zarr#world"],
        "orphans": [],
        "crawls": [],
    }.items():
        rows = json.loads(indexed(name, *arguments, "--json").out)
        assert indexed(name, *arguments, "-o", f"{name}.parquet").status == 0
        assert parquet.read_table(tmp_path / f"{name}.parquet").to_pylist() == rows


def test_the_form_of_biofile_finder(indexed: Any) -> None:
    rows = list(csv.DictReader(io.StringIO(indexed("export", "--bff").out)))
    known = json.loads(indexed("search", "--limit", "0", "--json").out)
    assert {row["File Path"] for row in rows} == {
        image["url"].removeprefix("file://") for image in known
    }
    assert all(Path(row["File Path"]).is_dir() for row in rows)
    assert all(row["Folder"] == str(Path(row["File Path"]).parent) for row in rows)
    ran = indexed("export", "--bff", "--axes", "tczyx", "-o", "images.json")
    assert ran.err.endswith("images written to images.json\n")
