"""`catalog sql`, `report`, `schema` and `stats` on the example scenes."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest


def test_reports_are_listed(indexed: Any) -> None:
    listed = json.loads(indexed("report", "--json").out)
    names = {report["name"] for report in listed}
    wanted = {"image", "scene", "coordinate_system", "transformation", "problem", "collection"}
    assert wanted | {"crawl", "axis_layout", "plate", "label", "channel"} <= names
    assert indexed("report").out.startswith("name ")


@pytest.mark.parametrize("name", ["image", "scene", "plate", "channel", "crawl", "hierarchy"])
def test_a_report_is_printed_in_every_form(indexed: Any, tmp_path: Path, name: str) -> None:
    rows = json.loads(indexed("report", name, "--json").out)
    assert rows
    lines = [json.loads(line) for line in indexed("report", name, "--nl").out.splitlines()]
    assert lines == rows
    by_csv = list(csv.DictReader(io.StringIO(indexed("report", name, "--csv").out)))
    assert [list(row) for row in by_csv] == [list(row) for row in rows]
    assert indexed("report", name, "-o", "out.tsv").out == ""
    with (tmp_path / "out.tsv").open(newline="") as file:
        assert list(csv.DictReader(file, delimiter="\t")) == by_csv
    assert indexed("report", f"report_{name}").out.splitlines()[0].split() == list(rows[0])


def test_columns_of_a_report_are_chosen(indexed: Any) -> None:
    ran = indexed("report", "scene", "-c", "images, transformations", "--limit", "2", "--csv")
    assert ran.out.splitlines() == ["images,transformations", "0,1", "2,2"]
    assert ran.err == "Only the first 2 rows; say --limit 0 for all.\n"
    assert indexed("report", "scene", "-c", "imags").status == 2
    assert "give its name" in indexed("report", "-c", "images").err


def test_a_statement_from_everywhere(indexed: Any, tmp_path: Path) -> None:
    statement = "SELECT COUNT(*) AS images FROM report_image"
    (tmp_path / "count.sql").write_text(f"\ufeff{statement};\n", encoding="utf-8")
    expected = "images\n15\n"
    assert indexed("sql", statement, "--csv").out == expected
    assert indexed("sql", "-f", "count.sql", "--csv").out == expected
    assert indexed("sql", "--csv", stdin=statement).out == expected
    assert indexed("sql", "-", "--csv", stdin=statement).out == expected
    assert indexed("sql", statement, "-f", "count.sql").status == 2
    assert indexed("sql", "--csv", stdin="").status == 2


def test_parameters_are_numbers_or_texts(indexed: Any) -> None:
    where = "SELECT COUNT(*) AS n FROM report_image WHERE "
    ran = indexed("sql", where + "voxel_size_x < :size AND axes = :axes", "--csv",
                  "-p", "size", "0.5", "-p", ":axes", "cyx")  # fmt: skip
    assert ran.out == "n\n2\n"
    assert indexed("sql", where + "size_x = :n", "-p", "n", "64", "--csv").out == "n\n11\n"
    missing = indexed("sql", where + "size_x = :n")
    assert missing.status == 2
    assert "The parameter :n has no value." in missing.err
    assert indexed("sql", "SELECT :v AS v", "-p", "v", "007", "--nl").out == '{"v": "007"}\n'


def test_the_place_of_a_mistake_is_shown(indexed: Any) -> None:
    ran = indexed("sql", "SELECT url, dtyp\nFROM report_image")
    assert ran.status == 2
    assert ran.out == ""
    assert ran.err == (
        "Error: No such column: dtyp; did you mean dtype?\n"
        "  line 1: SELECT url, dtyp\n"
        "                      ^\n"
    )


def test_limits_of_sql(indexed: Any) -> None:
    many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
    ran = indexed("sql", f"{many} SELECT i FROM n", "--nl")
    assert len(ran.out.splitlines()) == 10_000
    assert ran.err == "Only the first 10,000 rows; say --limit 0 for all.\n"
    assert len(indexed("sql", f"{many} SELECT i FROM n", "--nl", "--limit", "0").out) > 200_000
    endless = many.replace("WHERE i < 20000", "")
    ran = indexed("sql", f"{endless} SELECT COUNT(*) FROM n", "--timeout", "0.2")
    assert ran.status == 1
    assert "longer than 0.2 s" in ran.err


def test_sql_changes_nothing(indexed: Any) -> None:
    ran = indexed("sql", "DELETE FROM image")
    assert ran.status == 2
    assert "Only statements that read are accepted" in ran.err
    assert indexed("sql", "SELECT COUNT(*) AS n FROM image", "--csv").out == "n\n15\n"


def test_no_rows_and_blobs(indexed: Any) -> None:
    ran = indexed("sql", "SELECT url FROM image JOIN zarr_group ON 1 = 0")
    assert (ran.status, ran.out, ran.err) == (0, "", "No rows.\n")
    assert indexed("sql", "SELECT x'00ff' AS b", "--nl").out == '{"b": "\\\\x00ff"}\n'


def test_the_schema_is_printed(indexed: Any) -> None:
    assert "report_image" in indexed("schema").out
    columns = json.loads(indexed("schema", "report_plate", "--json").out)
    assert [column["column"] for column in columns][:3] == ["id", "url", "name"]
    everything = json.loads(indexed("schema", "--all", "--json").out)
    assert {"report_plate", "plate"} <= {column["relation"] for column in everything}
    assert indexed("schema", "--sql", "plate").out.startswith("CREATE TABLE plate")
    assert indexed("schema", "plates").status == 2
    assert indexed("schema", "--sql", "--csv").status == 2


def test_stats_are_printed(indexed: Any) -> None:
    out = indexed("stats").out
    assert "\n       15  images\n" in out
    assert "\n  545,792  declared by images (546 kB)\n" in out
    figures = json.loads(indexed("stats", "--json").out)
    assert {"about": "axes of images", "value": "zyx", "number": 8} in figures


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1 kB"), (1.5e12, "1.5 TB"), (9e18, "9 EB")],
)
def test_bytes_are_said_as_people_say_them(size: float, words: str) -> None:
    from catalog.cli.describe import _readable

    assert _readable(size) == words
