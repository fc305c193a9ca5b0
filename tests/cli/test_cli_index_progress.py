"""What `catalog index` shows while it runs: two lines, on a terminal alone."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from catalog.cli.progress import Lines
from catalog.indexing import Progress

COMMAND = [sys.executable, "-c", "from catalog.cli import main; main()"]


def on_terminal(command: list[str | Path]) -> tuple[str, str]:
    """Run with a terminal as stderr; give what went there, and to stdout."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=theirs, env={**os.environ, "COLUMNS": "120"}
    ) as process:
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 65536):
                shown += chunk
        except OSError:  # the other end is closed
            pass
        os.close(ours)
        assert process.stdout is not None
        out = process.stdout.read()
        assert process.wait() == 0
    return shown.decode(), out.decode()


def test_two_lines_on_a_terminal(scenes: Path, tmp_path: Path) -> None:
    command: list[str | Path] = [*COMMAND, "-d", tmp_path / "a.db", "index", scenes, "--no-prune"]
    shown, out = on_terminal([*command, "--force"])
    assert "listing  " in shown
    assert "reading  " in shown
    assert shown.endswith("\x1b[1A\r\x1b[J")
    assert "listing" not in out
    shown, out = on_terminal([*command, "--quiet"])
    assert (shown, out) == ("", "")


def test_nothing_elsewhere(scenes: Path, tmp_path: Path) -> None:
    command: list[str | Path] = [*COMMAND, "-d", tmp_path / "a.db", "index", scenes]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.stderr == ""


def test_lines_fit_and_cannot_steer_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    root = "file:///data/\x1b[31mred"
    with Lines() as show:
        assert show is not None
        show(Progress(root, 2000, 1234, 1000, 233, 1, f"{root}/deep/{'x' * 80}.zarr"))
    listing, reading = capsys.readouterr().err.split("\x1b[1A")[0].split("\n")
    assert listing == "listing  2,000 found in file:///data/\\x1b[31mred"
    assert reading.startswith("reading  1,234 done: 1,000 new or changed, 233 unchanged")
    assert len(reading) == 59
    assert reading.endswith("…")
