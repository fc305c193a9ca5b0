"""The scenes that the examples write, indexed, and the command line to ask about them."""

from __future__ import annotations

import importlib.util
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "write_scenes.py"


class Ran(NamedTuple):
    """What a command did."""

    status: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the example scenes; not to be changed."""
    spec = importlib.util.spec_from_file_location("write_scenes_for_cli", EXAMPLES)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder = tmp_path_factory.mktemp("cli") / "scenes"
    module.write_all(folder)
    return folder


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run `catalog` in this process, in a folder of its own."""
    from catalog.cli import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CATALOG_DATABASE", raising=False)

    def call(*arguments: str | Path, stdin: str = "") -> Ran:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments], prog_name="catalog")
        out, err = capsys.readouterr()
        code = ended.value.code
        return Ran(code if isinstance(code, int) else 0, out, err)

    return call


@pytest.fixture
def indexed(run: Run, scenes: Path) -> Run:
    """Run `catalog` where the example scenes are indexed in catalog.db."""
    assert run("index", scenes).status == 0
    return run
