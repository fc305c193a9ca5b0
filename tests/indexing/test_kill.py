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

SYSTEM = (
    "(SELECT g.url || '/' || s.array_path || '#' || s.name FROM coordinate_system s "
    "JOIN zarr_group g ON g.id = s.group_id WHERE s.id = {})"
)
# All that is recorded, without ids and times.
CONTENT = {
    "hierarchy": "SELECT url, digest, manifest, removed_at IS NULL FROM hierarchy",
    "zarr_group": (
        "SELECT g.url, g.path, g.name, g.kind, g.ome_version, g.zarr_format, g.digest, g.size, "
        "g.attributes, p.url, h.url, g.removed_at IS NULL FROM zarr_group g "
        "JOIN hierarchy h ON h.id = g.hierarchy_id LEFT JOIN zarr_group p ON p.id = g.parent_id"
    ),
    "scene": (
        "SELECT g.url, s.images, s.coordinate_systems, s.transformations FROM scene s "
        "JOIN zarr_group g ON g.id = s.group_id"
    ),
    "scene_image": (
        "SELECT s.url, i.url, m.referenced FROM scene_image m "
        "JOIN zarr_group s ON s.id = m.scene_id JOIN zarr_group i ON i.id = m.image_group_id"
    ),
    "image": (
        "SELECT g.url, i.entry, i.name, i.axes, i.shape, i.dtype, i.pixel_sizes, i.levels, "
        f"{SYSTEM.format('i.intrinsic_system_id')} FROM image i "
        "JOIN zarr_group g ON g.id = i.group_id"
    ),
    "resolution_level": (
        "SELECT g.url, r.level, r.path, r.shape, r.chunks, r.dtype, "
        f"{SYSTEM.format('r.system_id')} FROM resolution_level r "
        "JOIN image i ON i.id = r.image_id JOIN zarr_group g ON g.id = i.group_id"
    ),
    "coordinate_system": (
        "SELECT g.url, s.array_path, s.name, s.kind, s.image_entry, l.axes, s.ndim, c.systems, "
        "c.transformations FROM coordinate_system s JOIN zarr_group g ON g.id = s.group_id "
        "JOIN component c ON c.id = s.component_id "
        "LEFT JOIN axis_layout l ON l.id = s.axis_layout_id"
    ),
    "transformation": (
        "SELECT g.url, t.pointer, t.name, t.type, t.parameters, t.affine, t.invertibility, "
        f"t.origin, {SYSTEM.format('t.input_id')}, {SYSTEM.format('t.output_id')}, c.systems "
        "FROM transformation t JOIN zarr_group g ON g.id = t.group_id "
        "JOIN component c ON c.id = t.component_id"
    ),
    "component": (
        "SELECT h.url, c.systems, c.transformations FROM component c "
        "JOIN hierarchy h ON h.id = c.hierarchy_id"
    ),
    "problem": "SELECT url, pointer, code, severity, message FROM problem",
    "axis": (
        "SELECT l.axes, a.position, a.name, a.type, a.unit FROM axis a "
        "JOIN axis_layout l ON l.id = a.axis_layout_id"
    ),
}


def content(database):
    found = {}
    with database.reading() as connection:
        for table, query in CONTENT.items():
            rows = connection.exec_driver_sql(query)
            found[table] = sorted(repr([_plain(value) for value in row]) for row in rows)
    return found


def _plain(value):
    return int(value) if isinstance(value, bool) else value


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


def test_killed_again_and_again_comes_to_the_same_end(root, database_url, tmp_path, collection):
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
            assert content(database) == content(calm)
            with database.reading() as connection:
                outcomes = connection.exec_driver_sql("SELECT outcome, id FROM crawl ORDER BY id")
                assert "running" not in [outcome for outcome, _ in outcomes]
