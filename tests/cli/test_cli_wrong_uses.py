"""What goes wrong around a command is told in a line, with its exit status."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

STAGE, ATLAS = "moving#stage", "registration.zarr#atlas"
POINTS = "[[137, 2045, 3000]]"


@pytest.mark.parametrize(
    "command",
    [
        ("search", "--csv"),
        ("search", "--json"),
        ("path", STAGE, ATLAS, "--json"),
        ("path", STAGE, ATLAS, "--as", "napari"),
        ("graph", "tiles.zarr", "--as", "svg"),
        ("export", "-o"),
        ("export", "--bff", "-o"),
        ("transform", STAGE, ATLAS, POINTS, "-o"),
    ],
)
def test_a_folder_that_is_not_there_is_named(indexed: Any, command: tuple[str, ...]) -> None:
    asked = command if command[-1] == "-o" else (*command, "-o")
    ran = indexed(*asked, "nowhere/out.csv")
    assert (ran.status, ran.out) == (1, "")
    folder = Path.cwd() / "nowhere"
    assert ran.err.splitlines()[-1] == f"Error: The folder {folder} does not exist; make it first."


def test_what_stands_in_the_way_of_a_file_is_named(indexed: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ran = indexed("search", "--csv", "-o", "file/out.csv")
    assert ran.status == 1
    assert "file/out.csv cannot be written: Not a directory." in ran.err


def test_an_output_file_that_cannot_be_made_is_not_said_of_the_points(
    indexed: Any, tmp_path: Path
) -> None:
    (tmp_path / "points.json").write_text(POINTS)
    ran = indexed("transform", STAGE, ATLAS, "--points", "points.json", "-o", "nowhere/out.csv")
    assert ran.status == 1
    assert "cannot be read" not in ran.err
    ran = indexed("transform", STAGE, ATLAS, "--points", "nothing.json")
    assert ran.status == 1
    assert "The points cannot be read: nothing.json: No such file or directory." in ran.err


def test_a_pipe_is_written_to_and_a_link_stays(indexed: Any, tmp_path: Path) -> None:
    pipe, link, behind = tmp_path / "pipe", tmp_path / "link.csv", tmp_path / "behind.csv"
    os.mkfifo(pipe)
    for form in (["--csv"], ["--json"]):
        received: list[bytes] = []
        reading = threading.Thread(target=lambda: received.append(pipe.read_bytes()))  # noqa: B023
        reading.start()
        assert indexed("search", "--scenes", *form, "-o", pipe).status == 0
        reading.join()
        assert received[0].decode() == indexed("search", "--scenes", *form).out
        assert pipe.is_fifo()
    behind.write_text("old")
    link.symlink_to(behind)
    assert indexed("search", "--scenes", "-o", link).status == 0
    assert link.is_symlink()
    assert behind.read_text().startswith("id,name,")
    assert sorted(path.name for path in tmp_path.glob(".*.part")) == []


def test_a_pipe_takes_what_is_made_of_bytes(indexed: Any, tmp_path: Path) -> None:
    pipe, file = tmp_path / "pipe.parquet", tmp_path / "file.parquet"
    os.mkfifo(pipe)
    received: list[bytes] = []
    reading = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
    reading.start()
    assert indexed("search", "--scenes", "-o", pipe).status == 0
    reading.join()
    assert indexed("search", "--scenes", "-o", file).status == 0
    assert received == [file.read_bytes()]


def test_what_is_neither_a_transformation_nor_a_system_is_said_so(indexed: Any) -> None:
    for command in (("depends", "nope"), ("path", STAGE, ATLAS, "--avoid", "nope")):
        ran = indexed(*command)
        assert ran.status == 1
        assert "There is no transformation 'nope'. No coordinate system is named" in ran.err


@pytest.mark.parametrize("what", ["99999", "image:99999", "transformation:99999"])
def test_an_id_that_nothing_has_is_said_so(indexed: Any, what: str) -> None:
    ran = indexed("show", what)
    assert (ran.status, ran.err) == (1, "Error: Nothing has the id 99999 (any more).\n")


def started(*arguments: str, closed: str) -> subprocess.CompletedProcess[str]:
    """Run `catalog` in a process of its own, with stdin or stdout closed by the shell."""
    shell = shutil.which("sh")
    assert shell is not None
    command = [sys.executable, "-c", "from catalog.cli import main; main()", *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.run(
        [shell, "-c", f'exec "$@" {closed}', "sh", *command],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )


@pytest.mark.parametrize(
    "arguments",
    [("path", "--help"), ("fields", "--json"), ("search", "--sql")],
)
def test_a_closed_stdout_is_told(indexed: Any, arguments: tuple[str, ...]) -> None:
    ran = started(*arguments, closed=">&-")
    told = "Error: The standard output is closed: nothing can be printed.\n"
    assert (ran.returncode, ran.stderr) == (1, told)


def test_a_closed_stdout_does_not_matter_to_what_prints_nothing(indexed: Any) -> None:
    ran = started("search", "--scenes", "-o", "found.csv", closed=">&-")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert Path("found.csv").read_text().startswith("id,name,")


def test_a_closed_stdin_is_an_empty_one(indexed: Any) -> None:
    ran = started("sql", closed="<&-")
    assert (ran.returncode, ran.stderr) == (2, "Error: The statement is empty.\n")
    ran = started("transform", STAGE, ATLAS, closed="<&-")
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="there is no full device here")
def test_a_full_disk_is_told() -> None:
    for arguments in (("--help",), ("fields", "--json")):
        ran = started(*arguments, closed="> /dev/full")
        assert (ran.returncode, ran.stderr) == (1, "Error: No space left on device.\n")
