"""A dry run says what would be, and leaves no trace."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from catalog import Catalog
from catalog.indexing import Change, index

COMMAND = [sys.executable, "-c", "from catalog.cli import main; main()"]
COUNTS = (
    "SELECT (SELECT count(*) FROM crawl), (SELECT count(*) FROM zarr_group), "
    "(SELECT count(*) FROM problem)"
)


@pytest.fixture
def changed(scenes, run, collection):
    """Scenes of which one was added, one changed, one broke and one has gone since a run."""
    run(scenes)
    collection.write_scene(scenes / "new.zarr", 7, images=1, levels=1)
    collection.write(scenes / "s1.zarr" / "tile_0", collection.image(9, levels=1))
    (scenes / "s2.zarr" / "zarr.json").write_text("{")
    shutil.rmtree(scenes / "s3.zarr")
    return scenes


def test_it_names_what_would_change_and_writes_nothing(changed, run, rows):
    before = rows(COUNTS)
    told, failed = [], []
    report = run(changed, dry_run=True, change=told.append, failure=failed.append)
    assert sorted(told) == [
        Change("added", f"file://{changed}/new.zarr"),
        Change("changed", f"file://{changed}/s1.zarr"),
        Change("removed", f"file://{changed}/s3.zarr"),
    ]
    assert [failure.url for failure in failed] == [f"file://{changed}/s2.zarr"]
    assert (report.written, report.unchanged, report.failed, report.removed) == (2, 3, 1, 1)
    assert report.roots[0].crawl_id == 0
    assert rows(COUNTS) == before
    real = run(changed)
    assert (real.written, real.failed, real.removed) == (2, 1, 1)


def test_it_holds_to_the_limits_of_removal(changed, run):
    told = []
    report = run(changed, dry_run=True, change=told.append, prune_limit=0.0)
    assert "removed" not in {change.kind for change in told}
    assert "1 of 6" in report.roots[0].message
    told.clear()
    run(changed, dry_run=True, change=told.append, prune=False)
    assert "removed" not in {change.kind for change in told}


def test_what_comes_back_would_be_restored(scenes, run, tmp_path):
    run(scenes)
    shutil.move(scenes / "s5.zarr", tmp_path / "away")
    run(scenes)
    shutil.move(tmp_path / "away", scenes / "s5.zarr")
    told = []
    run(scenes, dry_run=True, change=told.append)
    assert told == [Change("restored", f"file://{scenes}/s5.zarr")]


def test_a_new_database_stays_unmade(scenes, tmp_path):
    file = tmp_path / "new.db"
    told = []
    with Catalog(str(file)) as catalog:
        report = catalog.index(scenes, dry_run=True, change=told.append)
    assert report.written == 6
    assert {change.kind for change in told} == {"added"}
    assert not file.exists()
    ran = subprocess.run(
        [*COMMAND, "-d", file, "index", "--dry-run", "--json", scenes],
        capture_output=True,
        text=True,
        check=True,
    )
    summary = json.loads(ran.stdout)
    assert summary["changes"][0] == {"kind": "added", "url": f"file://{scenes}/s0.zarr"}
    assert (summary["written"], len(summary["changes"])) == (6, 6)
    assert summary["seconds"] > 0
    assert not list(tmp_path.glob("new.db*"))


def test_without_a_database_nothing_can_be_written(scenes):
    with pytest.raises(ValueError, match="dry run"):
        index([str(scenes)], database=None)
