"""`catalog search`, `fields`, `export` and `show --document`."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def urls(indexed: Any) -> list[str]:
    out = indexed("search", "--limit", "0", "--json").out
    return [row["url"] for row in json.loads(out)]


def found(ran: Any) -> list[dict[str, Any]]:
    assert ran.status == 0, ran.err
    return [json.loads(line) for line in ran.out.splitlines()]


def test_images_are_found_by_words_and_filters(indexed: Any, urls: list[str]) -> None:
    assert len(urls) > 5
    tiles = found(indexed("search", "tiles", "--nl"))
    assert tiles
    assert {row["url"] for row in tiles} < set(urls)
    filtered = indexed(
        *("search", "tiles", "--axis", "x", "-w", "size_x > 1 AND dtype IS NOT NULL", "--nl"),
        *("--sort", "-size_x", "--sort", "name"),
    )
    assert {row["url"] for row in found(filtered)} <= {row["url"] for row in tiles}
    assert indexed("search", "tiles", "--count").out == f"{len(tiles)}\n"
    assert json.loads(indexed("search", "tiles", "--count", "--json").out) == [
        {"count": len(tiles)}
    ]


@pytest.mark.parametrize("of", ["labels", "scenes", "plates", "systems", "transformations"])
def test_other_things_are_found(indexed: Any, of: str) -> None:
    rows = found(indexed("search", f"--{of}", "--limit", "0", "--nl"))
    assert rows
    assert indexed("search", f"--{of}", "--count").out == f"{len(rows)}\n"
    assert found(indexed("search", f"--{of}", "--limit", "0", "-w", "id > 0", "--nl")) == rows
    table = indexed("search", f"--{of}").out.splitlines()
    assert len(table) == min(len(rows), 50) + 1


def test_pages_follow_each_other(indexed: Any, urls: list[str]) -> None:
    seen: list[str] = []
    more: list[str] = []
    while True:
        ran = indexed("search", "--limit", "2", "--sort", "name", "--nl", *more)
        seen += [row["url"] for row in found(ran)]
        token = re.search(r"--after (\S+)", ran.err)
        if token is None:
            break
        more = ["--after", token[1]]
    assert sorted(seen) == sorted(urls)
    ran = indexed("search", "--limit", "2", *more)
    assert ran.status == 2
    assert "another search" in ran.err


def test_facets_are_listed(indexed: Any, urls: list[str]) -> None:
    rows = found(indexed("search", "--facet", "dtype", "--facet", "version", "--nl"))
    assert {row["field"] for row in rows} == {"dtype", "version"}
    assert sum(row["count"] for row in rows if row["field"] == "version") == len(urls)


def test_the_statement_can_be_run_by_sql(indexed: Any) -> None:
    asked = ("tiles", "-w", "name LIKE '%1%' AND size_x > 1")
    rows = found(indexed("search", *asked, "--nl"))
    statement = indexed("search", *asked, "--sql").out.rstrip().removesuffix(";")
    ran = indexed("sql", statement, "--json")
    assert [row["url"] for row in json.loads(ran.out)] == [row["url"] for row in rows]
    assert "count(*)" in indexed("search", *asked, "--count", "--sql").out
    assert "GROUP BY" in indexed("search", *asked, "--facet", "dtype", "--sql").out


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["-w", "dtpe = 1"], 2, "Did you mean dtype"),
        (["-w", "size_x = 'a'"], 2, "size_x is an integer"),
        (["--sort", "nme"], 2, "Did you mean name"),
        (["--facet", "colour"], 2, "no field 'colour'"),
        (["--after", "nonsense"], 2, "is no token"),
        (["--scenes", "--dtype", "uint8"], 2, "scenes have no field 'dtype'"),
        (["--min-size", "q=3"], 2, "no size of an axis"),
        (["--voxel-size", "x=a:b"], 2, "no range of an axis"),
        (["--voxel-size", "x=:"], 2, "no range of an axis"),
        (["--columns", "nme"], 2, "no column 'nme'"),
        (["--root", "nowhere.zarr"], 1, "nowhere.zarr"),
        (["--scene", "no such scene"], 1, "no such scene"),
        (['"half'], 2, "quotation marks"),
    ],
)
def test_what_cannot_be_asked_is_said(
    indexed: Any, arguments: list[str], status: int, message: str
) -> None:
    ran = indexed("search", *arguments)
    assert (ran.status, ran.out) == (status, "")
    assert message in ran.err


def test_nothing_found_is_no_failure(indexed: Any) -> None:
    ran = indexed("search", "xyzzy")
    assert (ran.status, ran.out, ran.err) == (0, "", "No images found.\n")
    assert indexed("search", "xyzzy", "--json").out == "[]\n"
    assert indexed("search", "xyzzy", "--count").out == "0\n"


def test_fields_are_listed_without_a_database(run: Any) -> None:
    rows = found(run("fields", "--nl"))
    assert {row["of"] for row in rows} >= {"images", "labels", "scenes", "transformations"}
    assert all(row["meaning"] and row["name"] in row["example"] for row in rows)
    assert "Nothing is called" in run("fields", "pictures").err


def test_every_example_of_a_field_is_a_filter(indexed: Any) -> None:
    for row in found(indexed("fields", "--nl")):
        ran = indexed("search", f"--{row['of']}", "-w", row["example"], "--count")
        assert ran.status == 0, (row, ran.err)


def test_exports_are_read_by_other_programs(indexed: Any, urls: list[str], tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    everything = json.loads(indexed("search", "--limit", "0", "--json").out)
    for suffix in ("csv", "ndjson", "json", "tsv", "parquet"):
        ran = indexed("export", "-o", f"images.{suffix}")
        assert ran.status == 0, ran.err
        assert ran.err == f"{len(urls)} images written to images.{suffix}\n"
    for reader in ("read_csv", "read_csv", "read_json", "read_json", "read_parquet"):
        suffix = {"read_csv": "csv", "read_json": "ndjson"}.get(reader, "parquet")
        query = f"SELECT url, shape, voxel_size_x FROM {reader}('images.{suffix}')"
        rows = duckdb.sql(query).fetchall()
        assert [row[0] for row in rows] == urls
        assert [row[2] for row in rows] == [row["voxel_size_x"] for row in everything]
    shapes = duckdb.sql("SELECT shape FROM read_parquet('images.parquet')").fetchall()
    assert [row[0] for row in shapes] == [row["shape"] for row in everything]
    assert json.loads(Path("images.json").read_text()) == everything
    with Path("images.tsv").open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert [row["url"] for row in rows] == urls


def test_types_of_parquet_are_those_of_the_fields(indexed: Any) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    assert indexed("export", "xyzzy", "-o", "none.parquet").status == 0
    types = {field.name: str(field.type) for field in parquet.read_schema("none.parquet")}
    assert types["shape"].startswith("list<")
    assert types["shape"].endswith("int64>")
    assert (types["time_step"], types["bytes"], types["dtype"]) == ("double", "int64", "string")
    assert indexed("export", "--scenes", "-c", "name,images", "-o", "scenes.parquet").status == 0
    assert parquet.read_table("scenes.parquet").column_names == ["name", "images"]


def test_an_export_is_csv_unless_it_is_told_otherwise(indexed: Any, urls: list[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(indexed("export").out)))
    assert [row["url"] for row in rows] == urls
    edges = found(indexed("export", "--transformations", "--type", "affine", "--nl"))
    assert {row["type"] for row in edges} == {"affine"}


def test_a_document_comes_out_as_it_went_in(indexed: Any, scenes: Path) -> None:
    documents = 0
    for path in sorted(scenes.rglob("zarr.json")):
        document = json.loads(path.read_text())
        if document.get("node_type") != "group" or "ome" not in document.get("attributes", {}):
            continue
        ran = indexed("show", path.parent, "--document")
        assert ran.status == 0, ran.err
        assert json.loads(ran.out) == document["attributes"]
        documents += 1
    assert documents > 5
    for path in sorted(scenes.rglob(".zattrs")):
        if "multiscales" in json.loads(path.read_text()):
            ran = indexed("show", path.parent, "--document")
            assert json.loads(ran.out) == json.loads(path.read_text())
    scene = next(iter(json.loads(indexed("search", "--systems", "--json").out)))
    ran = indexed("show", f"system:{scene['id']}", "--document")
    assert isinstance(json.loads(ran.out), dict)
