"""`catalog export --bff`: what BioFile Finder is held to, read back by other programs."""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from catalog import Catalog
from catalog.crawl.records import ChannelRecord, CrateRecord, CrateTermRecord, SceneMemberRecord
from catalog.database.engine import Database
from catalog.database.writer import Writer
from catalog.query.finder import COLUMNS, file_path

KNOWN = ("File ID", "File Path", "File Name", "File Size", "Thumbnail", "Uploaded")

CRATE = CrateRecord(
    *("a crate", None, None, "{}"),
    (
        CrateTermRecord("organism", "NCBITaxon:10090", "Mus musculus, house mouse"),
        CrateTermRecord("organism", "NCBITaxon:7955", None),
        CrateTermRecord("modality", "FBbi:00000251", "confocal microscopy"),
    ),
)


@pytest.fixture
def filled(catalog: Catalog, database_url: str, world: Callable[..., Any]) -> Catalog:
    """Two images on disk, and one in a bucket."""
    with Database(database_url) as database:
        writer = Writer(database)
        for url, images in (("file:///d/a%231.zarr", 2), ("s3://bucket/b.zarr", 1)):
            record = world(1, images, ()).record(url)
            record = dataclasses.replace(
                record,
                members=(SceneMemberRecord("", "i0", True),),
                channels=(
                    ChannelRecord("i0", 0, "DAPI", None, None),
                    ChannelRecord("i0", 1, "Alexa, 488", None, None),
                    ChannelRecord("i0", 2, None, None, None),
                ),
            )
            if images == 2:
                record = dataclasses.replace(record, crate=CRATE)
            (done,) = writer.write([record], writer.begin_crawl(url))
            assert done.failure is None
    return catalog


def test_rows_have_what_images_have(filled: Catalog) -> None:
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in filled.files(sort=["url"])]
    assert [row["File Path"] for row in rows] == [
        "/d/a#1.zarr/i0",
        "/d/a#1.zarr/i1",
        "s3://bucket/b.zarr/i0",
    ]
    first, second, third = rows
    assert first["File Name"] == "image 0"
    assert first["Folder"] == "/d/a#1.zarr"
    assert first["Scene"] == "a scene"
    assert second["Scene"] is None
    assert first["Channel"] == "DAPI,Alexa; 488"
    assert first["Organism"] == second["Organism"] == "Mus musculus; house mouse,NCBITaxon:7955"
    assert first["Modality"] == "confocal microscopy"
    assert (third["Organism"], third["Modality"]) == (None, None)
    assert (first["Size Y"], first["Size X"], first["Size Z"]) == (8, 8, None)
    assert (first["Voxel Size X"], first["Voxel Size Z"]) == (1.0, None)
    assert first["File Size"] == 2 * 8 * 8
    assert third["Folder"] == "s3://bucket/b.zarr"
    assert third["Data Type"] == "uint8"


def test_nothing_that_is_known_is_called_otherwise() -> None:
    # Names are compared without case, blanks, - and _; two that are alike are refused.
    simple = [name.lower().replace(" ", "").replace("-", "") for name in COLUMNS]
    assert len(set(simple)) == len(simple)
    assert {name for name in COLUMNS if name.startswith("File")} <= set(KNOWN)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("file:///data/ü/a%25b.zarr", "/data/ü/a%b.zarr"),
        ("https://host/a%23.zarr", "https://host/a%23.zarr"),
        ("s3://bucket/a.zarr", "s3://bucket/a.zarr"),
    ],
)
def test_only_local_addresses_become_paths(url: str, path: str) -> None:
    assert file_path(url) == path


def test_more_than_a_block_comes_through(
    catalog: Catalog, database_url: str, world: Callable[..., Any]
) -> None:
    with Database(database_url) as database:
        writer = Writer(database)
        crawl = writer.begin_crawl("file:///many")
        record = world(1, 2100, ()).record("file:///many/a.zarr")
        writer.write([record], crawl)
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in catalog.files()]
    assert len({row["File ID"] for row in rows}) == 2100
    assert all(row["Uploaded"] for row in rows)
    names = {f"image {number}" for number in range(2100)}
    assert {row["File Name"] for row in rows} == names


@pytest.mark.parametrize("suffix", ["csv", "parquet", "json"])
def test_other_programs_read_it(
    filled: Catalog, database_url: str, tmp_path: Path, suffix: str
) -> None:
    from click.testing import CliRunner

    from catalog.cli import main

    file = tmp_path / f"images.{suffix}"
    ran = CliRunner().invoke(main, ["-d", database_url, "export", "--bff", "-o", str(file)])
    assert ran.exit_code == 0, ran.output
    expected = sorted((row[0], row[1], row[3]) for row in filled.files())
    if suffix == "csv":
        with file.open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
    elif suffix == "json":
        rows = json.loads(file.read_text(encoding="utf-8"))
    else:
        parquet = pytest.importorskip("pyarrow.parquet")
        rows = parquet.read_table(file).to_pylist()
    assert list(rows[0]) == list(COLUMNS)
    found = sorted((row["File ID"], row["File Path"], int(row["File Size"])) for row in rows)
    assert found == expected
    # Neither blank nor twice, or it is refused.
    for name in ("File ID", "File Path", "File Name", "Uploaded"):
        assert all(str(row[name]).strip() for row in rows)
    assert len({row["File ID"] for row in rows}) == len(rows)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_duckdb_groups_by_what_crates_say(
    filled: Catalog, database_url: str, tmp_path: Path, suffix: str
) -> None:
    from click.testing import CliRunner

    from catalog.cli import main

    duckdb = pytest.importorskip("duckdb")
    file = tmp_path / f"images.{suffix}"
    ran = CliRunner().invoke(main, ["-d", database_url, "export", "--bff", "-o", str(file)])
    assert ran.exit_code == 0, ran.output
    question = f"""
        SELECT one, "Modality", count(*), sum("File Size")
        FROM (SELECT *, unnest(string_split("Organism", ',')) AS one FROM '{file}')
        GROUP BY ALL ORDER BY one
    """
    assert duckdb.sql(question).fetchall() == [
        ("Mus musculus; house mouse", "confocal microscopy", 2, 256),
        ("NCBITaxon:7955", "confocal microscopy", 2, 256),
    ]
    bare = duckdb.sql(f'SELECT "File Path" FROM \'{file}\' WHERE "Organism" IS NULL')
    assert bare.fetchall() == [("s3://bucket/b.zarr/i0",)]


@pytest.mark.parametrize(
    "arguments", [["--labels"], ["--columns", "name"], ["--tsv"], ["-o", "x.ndjson"]]
)
def test_what_it_does_not_open_is_refused(database_url: str, arguments: list[str]) -> None:
    from click.testing import CliRunner

    from catalog.cli import main

    ran = CliRunner().invoke(main, ["-d", database_url, "export", "--bff", *arguments])
    assert ran.exit_code == 2
    assert ".csv, .parquet or .json" in ran.output
