"""The output options that every listing has."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import click
import pytest

from catalog.cli.output import Output, form_of, printable

COLUMNS = ("id", "name", "units")
ROWS = [(1, "a", ("mm", None)), (22, None, ()), (3, "é\x1b[31m,", (None,))]


def written(form: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert Output(form).write(COLUMNS, ROWS) == 3  # type: ignore[arg-type]
    return capsys.readouterr().out


def test_a_table_is_aligned_and_cannot_steer_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert written("table", capsys).splitlines() == [
        "id  name        units",
        " 1  a           mm,",
        "22",
        " 3  é\\x1b[31m,",
    ]


def test_json_and_lines_hold_values_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(written("json", capsys))
    assert rows[0] == {"id": 1, "name": "a", "units": ["mm", None]}
    assert rows[2]["name"] == ROWS[2][1]
    assert [json.loads(line) for line in written("nl", capsys).splitlines()] == rows


@pytest.mark.parametrize(("form", "separator"), [("csv", ","), ("tsv", "\t")])
def test_separated_values_are_read_again(
    form: str, separator: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = list(csv.reader(io.StringIO(written(form, capsys)), delimiter=separator))
    assert rows == [list(COLUMNS), ["1", "a", "mm,"], ["22", "", ""], ["3", "é\x1b[31m,", ""]]


@pytest.mark.parametrize(
    ("form", "out"), [("table", ""), ("json", "[]\n"), ("nl", ""), ("csv", "id,name,units\n")]
)
def test_nothing_to_list(form: str, out: str, capsys: pytest.CaptureFixture[str]) -> None:
    Output(form).write(COLUMNS, [], empty="None at all.")  # type: ignore[arg-type]
    printed = capsys.readouterr()
    assert printed.out == out
    assert printed.err == ("None at all.\n" if form == "table" else "")


def test_a_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    file = tmp_path / "rows.ndjson"
    file.write_text("before")

    def broken() -> object:
        yield ROWS[0]
        raise ValueError("midway")

    output = Output(form_of(file), file)
    with pytest.raises(ValueError, match="midway"):
        output.write(COLUMNS, broken())  # type: ignore[arg-type]
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]
    output.write(COLUMNS, ROWS[:1])
    assert json.loads(file.read_text()) == {"id": 1, "name": "a", "units": ["mm", None]}


def test_a_suffix_that_says_nothing_is_an_error() -> None:
    with pytest.raises(click.UsageError, match=r"\.xls is not one of \.json"):
        form_of(Path("rows.xls"))


def test_printable_text_stays() -> None:
    assert printable("µm 1/2") == "µm 1/2"
    assert printable("a\nb\x9b") == "a\\nb\\x9b"
