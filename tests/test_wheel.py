"""The wheel works alone: built, installed in a fresh environment, and used there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent


def run(*command: str | Path, cwd: Path) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "CATALOG"))}
    ran = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, f"{command}\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of what the sdist would hold, so that nothing is left behind."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    skipped = shutil.ignore_patterns(".*", "__pycache__", "*.db", "dist", "build")
    shutil.copytree(CHECKOUT, source, ignore=skipped)
    run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, source, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


def test_carries_the_migrations_and_nothing_of_the_checkout(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    migrations = {path.name for path in (CHECKOUT / "migrations" / "versions").glob("*.py")}
    carried = {
        Path(name).name for name in names if name.startswith("catalog/_migrations/versions/")
    }
    assert migrations
    assert carried == migrations
    assert "catalog/_migrations/env.py" in names
    assert "catalog/py.typed" in names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"catalog", "ome_scene_catalog"}


def test_indexes_and_answers_in_a_fresh_environment(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    run(sys.executable, "-m", "venv", "--without-pip", environment, cwd=tmp_path)
    python = environment / "bin" / "python"
    pip = ("-m", "pip", "--python", python, "install", "--quiet", wheel)
    run(sys.executable, *pip, cwd=tmp_path)

    work = tmp_path / "work"
    work.mkdir()
    run(python, CHECKOUT / "examples" / "write_scenes.py", "scenes", cwd=work)
    catalog = environment / "bin" / "catalog"
    run(catalog, "index", "scenes", cwd=work)
    assert (work / "catalog.db").exists()
    printed = run(
        catalog, "path", "--json", "tiles.zarr/tiles/t00#physical", "tiles.zarr#world", cwd=work
    )
    assert json.loads(printed)["matrix"] == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]
    run(catalog, "db", "current", cwd=work)
