"""A process that is killed leaves nothing half done, nothing double and nothing locked."""

import random
import shutil
import subprocess
import sys
import time

import pytest

from catalog.database.engine import Database
from catalog.database.migration import init
from catalog.indexing import index

PROGRAM = """
import sys
from catalog.database.engine import Database
from catalog.indexing import index
import catalog.crawl.interpret, catalog.database.writer
root, url = sys.argv[1:]
with Database(url) as database:
    with database.reading() as connection: pass
    print("ready", flush=True)
    index([root], database=database, prune_limit=1.0)
"""


def killed(root, url, delay):
    """Start an index and kill it after a while; tell whether it had come to its end."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(root), url], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(delay)
        ended = process.poll() is not None
        process.kill()
    return ended


@pytest.fixture
def root(tmp_path, collection):
    folder = tmp_path / "scenes"
    for number in range(240):
        collection.write_scene(folder / f"s{number:03}.zarr", number, images=2, levels=1)
    (folder / "s007.zarr" / "tile_0" / "zarr.json").write_text("{")
    (folder / "s009.zarr" / "zarr.json").write_text("")
    return folder


def test_killed_again_and_again_comes_to_the_same_end(
    root, database_url, tmp_path, collection, recorded
):
    undisturbed = f"sqlite:///{tmp_path}/undisturbed.db"
    init(undisturbed)
    chance = random.Random(7)
    with Database(undisturbed) as calm, Database(database_url) as database:
        for change in (False, True):
            if change:
                for number in range(0, 240, 2):
                    scene = root / f"s{number:03}.zarr"
                    collection.write(scene / "tile_0", collection.image(number, levels=1))
                    shutil.rmtree(scene / "tile_1")
                shutil.rmtree(root / "s001.zarr")
            index([str(root)], database=calm, prune_limit=1.0)
            ended = [killed(root, database_url, chance.uniform(0.05, 0.4)) for _ in range(4)]
            assert not all(ended)
            report = index([str(root)], database=database, prune_limit=1.0)
            assert report.seen == report.written + report.unchanged + report.failed
            assert report.failed == 1
            assert recorded(database) == recorded(calm)
            with database.reading() as connection:
                outcomes = connection.exec_driver_sql("SELECT outcome, id FROM crawl ORDER BY id")
                assert "running" not in [outcome for outcome, _ in outcomes]
