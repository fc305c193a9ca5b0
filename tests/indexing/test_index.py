import json
import os
import shutil
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from catalog.errors import CatalogError, StoreError
from catalog.indexing import Progress

HIERARCHIES = "SELECT url FROM hierarchy WHERE removed_at IS NULL ORDER BY url"
TABLES = (
    *("hierarchy", "zarr_group", "scene", "image", "resolution_level", "coordinate_system"),
    *("transformation", "component", "problem", "axis_layout", "axis", "scene_image"),
)


def numbers(report):
    """Tell what happened in numbers; seen is the sum of the next three."""
    assert report.seen == report.written + report.unchanged + report.failed
    return report.written, report.unchanged, report.failed


def everything(rows):
    return {table: sorted(map(repr, rows(f"SELECT * FROM {table}"))) for table in TABLES}


def test_scenes_are_written_and_then_unchanged(scenes, run, rows):
    first = run(scenes)
    assert numbers(first) == (6, 0, 0)
    assert first.complete
    assert rows("SELECT count(*) FROM image") == [(12,)]
    assert rows("SELECT count(*) FROM resolution_level") == [(24,)]
    before = everything(rows)
    again = run(scenes)
    assert numbers(again) == (0, 6, 0)
    assert everything(rows) == before
    assert rows("SELECT outcome, seen, written, unchanged FROM crawl ORDER BY id") == [
        ("done", 6, 6, 0),
        ("done", 6, 0, 6),
    ]


def test_what_changed_is_replaced_and_the_rest_is_left(scenes, run, rows, collection):
    run(scenes)
    ids = dict(rows("SELECT url, id FROM zarr_group"))
    document = collection.image(7, levels=1)
    collection.write(scenes / "s3.zarr" / "tile_0", document)
    report = run(scenes)
    assert numbers(report) == (1, 5, 0)
    assert rows("SELECT count(*) FROM image WHERE name = 'tile 7'") == [(1,)]
    assert rows("SELECT count(*) FROM image") == [(12,)]
    assert dict(rows("SELECT url, id FROM zarr_group")) == ids


def test_force_writes_everything_again_and_to_the_same_end(scenes, run, rows):
    run(scenes)
    before = dict(rows("SELECT url, id FROM zarr_group"))
    assert numbers(run(scenes, force=True)) == (6, 0, 0)
    assert dict(rows("SELECT url, id FROM zarr_group")) == before


def test_touched_documents_are_no_change(scenes, run):
    run(scenes)
    (scenes / "s0.zarr" / "zarr.json").touch()
    assert numbers(run(scenes)) == (0, 6, 0)


def test_a_broken_hierarchy_stops_nothing_and_is_mended(scenes, run, rows, collection):
    (scenes / "s1.zarr" / "zarr.json").write_text('{"zarr_format": 3, "node')
    report = run(scenes)
    assert numbers(report) == (5, 0, 1)
    assert report.roots[0].outcome == "partial"
    assert not report.complete
    (problem,) = rows("SELECT url, code, severity, message FROM problem")
    assert problem[0] == f"file://{scenes}/s1.zarr"
    assert problem[1:3] == ("invalid-document", "error")
    assert "cut off" in problem[3]
    assert numbers(run(scenes)) == (0, 5, 1)
    assert rows("SELECT count(*) FROM problem") == [(1,)]
    collection.write_scene(scenes / "s1.zarr", 1, images=2, levels=2)
    assert numbers(run(scenes)) == (1, 5, 0)
    assert rows("SELECT count(*) FROM problem") == [(0,)]


def test_what_breaks_keeps_what_was_known(scenes, run, rows):
    run(scenes)
    (scenes / "s1.zarr" / "zarr.json").write_text("{")
    assert numbers(run(scenes)) == (0, 5, 1)
    assert rows("SELECT count(*) FROM image") == [(12,)]
    assert rows(HIERARCHIES)[1] == (f"file://{scenes}/s1.zarr",)


def test_what_has_gone_is_marked_under_the_limit(scenes, run, rows):
    run(scenes)
    shutil.rmtree(scenes / "s5.zarr")
    report = run(scenes)
    assert (report.removed, report.seen) == (1, 5)
    assert len(rows(HIERARCHIES)) == 5
    assert rows("SELECT count(*) FROM zarr_group WHERE removed_at IS NOT NULL") == [(3,)]


def test_what_comes_back_is_restored(scenes, run, rows, tmp_path):
    run(scenes)
    shutil.move(scenes / "s5.zarr", tmp_path / "away")
    run(scenes)
    shutil.move(tmp_path / "away", scenes / "s5.zarr")
    report = run(scenes)
    assert numbers(report) == (0, 6, 0)
    assert len(rows(HIERARCHIES)) == 6
    assert rows("SELECT count(*) FROM zarr_group WHERE removed_at IS NOT NULL") == [(0,)]


def test_more_than_the_limit_is_refused_in_words(scenes, run, rows):
    run(scenes)
    for number in range(3):
        shutil.rmtree(scenes / f"s{number}.zarr")
    report = run(scenes)
    assert report.removed == 0
    assert "3 of 6" in report.roots[0].message
    assert "prune" in report.roots[0].message
    assert len(rows(HIERARCHIES)) == 6
    assert run(scenes, prune=False).removed == 0
    assert run(scenes, prune_limit=1.0).removed == 3
    assert len(rows(HIERARCHIES)) == 3


def test_nothing_is_removed_where_a_folder_could_not_be_listed(scenes, run, rows, too_deep):
    run(scenes)
    shutil.rmtree(scenes / "s5.zarr")
    too_deep(scenes)
    report = run(scenes)
    assert (report.removed, report.roots[0].outcome) == (0, "partial")
    assert "listed" in report.roots[0].message
    assert len(rows(HIERARCHIES)) == 6
    assert rows("SELECT code, severity FROM problem") == [("unreadable-folder", "error")]
    run(scenes)
    assert rows("SELECT count(*) FROM problem") == [(1,)]


def test_a_part_that_cannot_be_read_any_more_keeps_the_record(scenes, run, rows, too_deep):
    run(scenes)
    too_deep(scenes / "s0.zarr")
    for _ in range(2):
        report = run(scenes)
        assert numbers(report) == (0, 5, 1)
        assert rows("SELECT code FROM problem") == [("partly-unreadable",)]
        assert rows("SELECT count(*) FROM image") == [(12,)]
    shutil.rmtree(scenes / "s0.zarr" / ("d" * 250))
    assert numbers(run(scenes)) == (0, 6, 0)
    assert rows("SELECT count(*) FROM problem") == [(0,)]


def test_a_root_that_does_not_exist_removes_nothing(scenes, run, rows, tmp_path):
    run(scenes)
    scenes.rename(tmp_path / "elsewhere")
    report = run(scenes, prune_limit=1.0)
    assert report.roots[0].outcome == "failed"
    assert "there is nothing at" in report.roots[0].message
    assert (report.seen, report.removed) == (0, 0)
    assert len(rows(HIERARCHIES)) == 6


def test_a_root_that_fails_does_not_stop_the_others(scenes, run, tmp_path):
    (tmp_path / "file").write_text("")
    report = run(tmp_path / "file", scenes, tmp_path / "absent")
    assert [root.outcome for root in report.roots] == ["failed", "done", "failed"]
    assert "not a directory" in report.roots[0].message
    assert numbers(report) == (6, 0, 0)


def test_a_malformed_root_is_refused_before_anything_happens(scenes, run, rows):
    with pytest.raises(StoreError, match="the host 'elsewhere' cannot be read"):
        run(scenes, "file://elsewhere/a")
    assert rows("SELECT count(*) FROM crawl") == [(0,)]


def test_plain_answers_where_there_is_nothing(run, rows, tmp_path, collection):
    (tmp_path / "empty").mkdir()
    (tmp_path / "named.zarr").mkdir()
    collection.write(tmp_path / "array", collection.array([1, 2, 3]))
    collection.write(tmp_path / "some" / "plain.zarr", collection.group({"title": "plain"}))
    empty, array, some, named = run(
        *(tmp_path / name for name in ("empty", "array", "some", "named.zarr"))
    ).roots
    assert "no OME-Zarr hierarchy below" in empty.message
    assert "a single Zarr array" in array.message
    assert "no OME-Zarr metadata" in some.message
    assert (array.ignored, some.ignored, empty.ignored) == (1, 1, 0)
    assert "no OME-Zarr hierarchy" in named.message
    assert {root.outcome for root in (empty, array, some, named)} == {"done"}
    report = run(tmp_path)
    assert rows("SELECT url, code, severity FROM problem") == [
        (f"file://{tmp_path}/named.zarr", "empty-store", "warning")
    ]
    assert report.problems == 1


def test_what_loses_its_metadata_is_gone(scenes, run, rows, collection):
    run(scenes)
    shutil.rmtree(scenes / "s2.zarr")
    collection.write(scenes / "s2.zarr", collection.group({}))
    report = run(scenes)
    assert (report.removed, report.ignored, report.seen) == (1, 1, 5)


def test_a_group_has_one_row_from_whichever_root_it_is_met(scenes, run, rows, monkeypatch):
    run(scenes / "s0.zarr")
    monkeypatch.chdir(scenes)
    report = run("../scenes/", f"file://{scenes}", scenes / "s0.zarr", ".")
    assert len(report.roots) == 2
    assert numbers(report) == (5, 2, 0)
    assert rows("SELECT count(*), count(DISTINCT url) FROM zarr_group") == [(18, 18)]


def test_a_root_inside_of_a_recorded_hierarchy_reads_it_as_a_whole(scenes, run, rows, collection):
    run(scenes)
    collection.write(scenes / "s0.zarr" / "tile_0", collection.image(8, levels=1))
    report = run(scenes / "s0.zarr" / "tile_0")
    assert numbers(report) == (1, 0, 0)
    assert len(rows(HIERARCHIES)) == 6
    assert rows("SELECT count(*) FROM image WHERE name = 'tile 8'") == [(1,)]
    assert rows("SELECT count(*) FROM image") == [(12,)]


def test_a_hierarchy_grows_upwards_and_takes_its_groups_along(scenes, run, rows):
    run(scenes / "s0.zarr" / "tile_0", scenes / "s0.zarr" / "tile_1")
    ids = dict(rows("SELECT url, id FROM zarr_group"))
    assert len(rows(HIERARCHIES)) == 2
    assert numbers(run(scenes / "s0.zarr")) == (1, 0, 0)
    assert rows(HIERARCHIES) == [(f"file://{scenes}/s0.zarr",)]
    assert ids.items() <= dict(rows("SELECT url, id FROM zarr_group")).items()


def test_a_hierarchy_falls_apart_into_those_below(scenes, run, rows):
    run(scenes)
    (scenes / "s0.zarr" / "zarr.json").unlink()
    report = run(scenes)
    assert numbers(report) == (2, 5, 0)
    assert len(rows(HIERARCHIES)) == 7
    assert rows("SELECT count(*) FROM image") == [(12,)]
    assert numbers(run(scenes)) == (0, 7, 0)
    # The same through a root that lies in what is a hierarchy no more.
    (scenes / "s1.zarr" / "zarr.json").unlink()
    assert numbers(run(scenes / "s1.zarr" / "tile_1")) == (1, 0, 0)


@pytest.mark.parametrize("kind", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_executors_come_to_the_same_end(scenes, run, rows, collection, kind):
    for number in range(6, 100):
        collection.write_scene(scenes / f"s{number}.zarr", number, images=1, levels=1)
    options = {} if kind is ThreadPoolExecutor else {"mp_context": _spawn()}
    with kind(2, **options) as executor:
        assert numbers(run(scenes, executor=executor)) == (100, 0, 0)
        there = everything(rows)
        assert numbers(run(scenes, executor=executor)) == (0, 100, 0)
    assert numbers(run(scenes)) == (0, 100, 0)
    assert everything(rows) == there


def test_a_worker_that_dies_is_an_error_in_words(scenes, run, rows):
    with ProcessPoolExecutor(1, _spawn(), os._exit, (1,)) as executor:  # noqa: SIM117
        with pytest.raises(CatalogError, match="a worker that reads hierarchies ended"):
            run(scenes, executor=executor)
    assert rows("SELECT outcome FROM crawl") == [("failed",)]
    assert numbers(run(scenes)) == (6, 0, 0)


def test_a_place_that_is_not_there_in_a_recorded_hierarchy(scenes, run):
    run(scenes)
    report = run(scenes / "s0.zarr" / "tile_9")
    assert report.roots[0].outcome == "failed"
    assert "there is nothing at" in report.roots[0].message


def _spawn():
    import multiprocessing

    return multiprocessing.get_context("spawn")


def test_progress_is_told_after_each_hierarchy(scenes, run):
    told = []
    run(scenes, progress=told.append)
    assert [progress.seen for progress in told] == [1, 2, 3, 4, 5, 6]
    last = told[-1]
    assert last == Progress(f"file://{scenes}", 6, 6, 6, 0, 0, f"file://{scenes}/s5.zarr")


def test_an_interrupted_run_is_whole_as_far_as_it_came(scenes, run, rows):
    def stop(progress):
        if progress.seen == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(scenes, progress=stop)
    ((outcome, seen, written, finished),) = rows(
        "SELECT outcome, seen, written, finished_at FROM crawl"
    )
    assert outcome == "interrupted"
    assert seen == written == len(rows(HIERARCHIES))
    assert finished is not None
    assert run(scenes).seen == 6


def test_nothing_is_lost_of_odd_documents(tmp_path, run, rows, collection):
    text = json.dumps(collection.image(0, levels=1))
    text = text.replace('"tile 0"', '"a\\u0000b\\ud800 \\u00e9\\n", "x": NaN')
    folder = tmp_path / "a#b?.zarr"
    folder.mkdir()
    (folder / "zarr.json").write_text("\ufeff" + text)
    odd = tmp_path / "caf\udce9.zarr"
    collection.write_scene(odd, images=1, levels=1)
    assert numbers(run(tmp_path)) == (2, 0, 0)
    assert rows(HIERARCHIES) == [
        (f"file://{tmp_path}/a%23b%3F.zarr",),
        (f"file://{tmp_path}/caf%E9.zarr",),
    ]
    assert numbers(run(tmp_path)) == (0, 2, 0)
