"""`Catalog`, on both databases."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from catalog import (
    AmbiguousAddressError,
    Catalog,
    DatabaseError,
    DatabaseMissingError,
    PointsError,
    UnknownAddressError,
    UsageError,
)
from catalog.query.shown import GroupShown, SystemShown, TransformationShown

Write = Callable[..., Path]


def test_points_move_through_the_world(catalog: Catalog, write_scene: Write) -> None:
    folder = write_scene("one.zarr", "t0", "t1")
    report = catalog.index(folder)
    assert (report.seen, report.written, report.complete) == (1, 1, True)
    moved = catalog.transform([[4, 4]], f"{folder}/t1/0#", f"{folder}/t0#physical")
    np.testing.assert_allclose(moved, [[12.0, 2.0]])
    path = catalog.path("one.zarr/t1/0#", "one.zarr/t0#physical")
    assert [step.inverse for step in path.steps] == [False, False, True]
    assert catalog.paths("one.zarr/t1/0#", "one.zarr/t0#physical", limit=3)[0].cost == path.cost
    assert catalog.transform([], "t1/0#", "t0#physical").shape == (0, 2)
    with pytest.raises(PointsError):
        catalog.transform([[1, 2, 3]], "t1/0#", "t0#physical")
    assert catalog.axes("world") == ("y", "x")


def test_one_place_has_many_spellings(
    catalog: Catalog, write_scene: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_scene("deep/one.zarr", "tiles/t0")
    catalog.index(folder.parent)
    wanted = catalog.system(f"file://{folder}/tiles/t0#physical")
    monkeypatch.chdir(folder.parent)
    spellings = (
        f"{folder}/tiles/t0#physical",
        f"{folder}//tiles/./t0/#physical",
        f"FILE://{folder}/tiles/t0#physical",
        "one.zarr/tiles/t0#physical",
        "../deep/one.zarr/tiles/t0#physical",
        "tiles/t0#physical",
        "t0#physical",
        "physical",
        "#physical",
        str(wanted.id),
        f"system:{wanted.id}",
    )
    for spelling in spellings:
        assert catalog.system(spelling) == wanted, spelling
    array = catalog.system("t0/0#")
    assert array.address == f"file://{folder}/tiles/t0/0#"
    for spelling in (f"{folder}/tiles/t0/0#", "tiles/t0/0#", "one.zarr/tiles/t0/0#"):
        assert catalog.system(spelling) == array, spelling


@pytest.mark.parametrize(
    "text", ["", "#", "0", "T0#physical", "ne.zarr#world", "t0#", "x/t0#physical"]
)
def test_what_is_not_an_address_is_unknown(catalog: Catalog, write_scene: Write, text: str) -> None:
    catalog.index(write_scene("one.zarr", "t0"))
    with pytest.raises(UnknownAddressError) as caught:
        catalog.system(text)
    assert caught.value.address == text


def test_the_end_of_an_address_must_be_unique(catalog: Catalog, write_scene: Write) -> None:
    folder = write_scene("one.zarr", "t0").parent
    write_scene("two.zarr", "t0")
    catalog.index(folder)
    for text in ("t0#physical", "world", "physical", "t0/0#"):
        with pytest.raises(AmbiguousAddressError) as caught:
            catalog.system(text)
        assert len(caught.value.candidates) == 2
        assert all(catalog.system(address) for address in caught.value.candidates)
    assert catalog.system("two.zarr/t0#physical").url == f"file://{folder}/two.zarr/t0"


def test_a_name_may_look_like_an_id(catalog: Catalog, write_scene: Write) -> None:
    folder = write_scene("one.zarr", "t0")
    catalog.index(folder)
    some = catalog.system("world")
    document = folder / "zarr.json"
    document.write_text(document.read_text().replace("world", str(catalog.system("t0/0#").id)))
    catalog.index(folder)
    number = str(catalog.system("t0/0#").id)
    with pytest.raises(AmbiguousAddressError, match=f"Write 'system:{number}'"):
        catalog.system(number)
    assert catalog.system(f"#{number}").name == number
    assert catalog.system(f"system:{number}").address.endswith("t0/0#")
    with pytest.raises(UnknownAddressError):
        catalog.system(f"system:{some.id}")


def test_a_hash_in_a_folder_and_in_a_name(catalog: Catalog, write_scene: Write) -> None:
    folder = write_scene("brain#7 100%.zarr", "t0")
    document = folder / "zarr.json"
    document.write_text(document.read_text().replace("world", "the#world"))
    catalog.index(folder)
    system = catalog.system("#the#world")
    assert system.address == f"file://{folder.parent}/brain%237 100%25.zarr#the#world"
    assert catalog.system(system.address) == system
    assert [row.address for row in catalog.systems(str(folder), kind="declared")] == [
        system.address,
        f"file://{folder.parent}/brain%237 100%25.zarr/t0#physical",
    ]


def test_systems_in_order_and_in_scope(catalog: Catalog, write_scene: Write) -> None:
    folder = write_scene("one.zarr", "t0", "t0b").parent
    write_scene("one.zarr2", "t0")
    catalog.index(folder)
    names = [row.address.removeprefix(f"file://{folder}/") for row in catalog.systems()]
    assert names == [
        "one.zarr#world",
        "one.zarr/t0#physical",
        "one.zarr/t0/0#",
        "one.zarr/t0b#physical",
        "one.zarr/t0b/0#",
        "one.zarr2#world",
        "one.zarr2/t0#physical",
        "one.zarr2/t0/0#",
    ]
    assert len(list(catalog.systems("one.zarr"))) == 5
    assert len(list(catalog.systems(f"{folder}/one.zarr/t0"))) == 2
    assert len(list(catalog.systems(str(folder)))) == 8
    first = next(catalog.systems())
    assert (first.axes, first.units, first.kind) == (("y", "x"), ("micrometer",) * 2, "declared")


def test_show_says_of_which_scenes_an_image_is_a_part(catalog: Catalog, write_scene: Write) -> None:
    folder = write_scene("one.zarr", "t0", "t1")
    catalog.index(folder)
    shown = catalog.show("t1")
    assert isinstance(shown, GroupShown)
    assert [scene.url for scene in shown.scenes] == [f"file://{folder}"]
    assert shown.images[0].name == "one.zarr t1"
    assert shown.images[0].shape == (8, 8)
    assert shown.images[0].levels[0].system == f"file://{folder}/t1/0#"
    assert catalog.show("one.zarr t1") == shown
    assert catalog.show(f"image:{shown.images[0].id}") == shown
    assert catalog.show(f"group:{shown.id}") == shown
    scene = catalog.show(str(folder))
    assert isinstance(scene, GroupShown)
    assert scene.scene is not None
    assert [member.referenced for member in scene.scene.images] == [True, True]
    system = catalog.show("world")
    assert isinstance(system, SystemShown)
    assert system.component_systems == 5
    assert [edge.type for edge in system.transformations] == ["translation"] * 2
    edge = catalog.show(f"transformation:{system.transformations[1].id}")
    assert isinstance(edge, TransformationShown)
    assert edge.affine == ((1.0, 0.0, 10.0), (0.0, 1.0, 0.0))
    assert edge.pointer == "/ome/scene/coordinateTransformations/1"
    with pytest.raises(UnknownAddressError):
        catalog.show("t3")


def test_what_was_removed_is_found_no_more(catalog: Catalog, write_scene: Write) -> None:
    folder = write_scene("one.zarr", "t0").parent
    write_scene("two.zarr", "t1")
    catalog.index(folder)
    shutil.rmtree(folder / "two.zarr")
    assert catalog.index(folder, prune_limit=1.0).removed == 1
    for text in ("t1#physical", "two.zarr#world", f"file://{folder}/two.zarr#world"):
        with pytest.raises(UnknownAddressError):
            catalog.system(text)
    assert catalog.system("world").address == f"file://{folder}/one.zarr#world"
    status = catalog.status()
    assert status.counts["scenes"] == status.counts["images"] == 1
    assert status.counts["removed hierarchies"] == 1
    assert [row.address for row in catalog.systems() if "two" in row.address] == []


def test_an_image_that_left_its_scene_is_found_no_more(
    catalog: Catalog, write_scene: Write
) -> None:
    folder = write_scene("one.zarr", "t0", "t1")
    catalog.index(folder)
    shutil.rmtree(folder / "t1")
    catalog.index(folder)
    with pytest.raises(UnknownAddressError):
        catalog.system("t1/0#")
    assert {row.code for row in catalog.problems()} == {"missing-image"}
    assert catalog.status().counts["images"] == 1


def test_problems_by_code_severity_and_place(catalog: Catalog, write_scene: Write) -> None:
    folder = write_scene("one.zarr", "t0", "t1").parent
    shutil.rmtree(folder / "one.zarr" / "t1")
    write_scene("two.zarr", "t0")
    catalog.index(folder)
    (problem,) = catalog.problems()
    assert (problem.severity, problem.code) == ("error", "missing-image")
    assert problem.url == f"file://{folder}/one.zarr"
    assert list(catalog.problems(code="missing-image", severity="error", under=str(folder)))
    assert not list(catalog.problems(severity="warning"))
    assert not list(catalog.problems(under="two.zarr"))
    with pytest.raises(UnknownAddressError):
        list(catalog.problems(under="three.zarr"))
    assert catalog.problem_codes() == ("missing-image",)


def test_status_names_the_last_crawls(catalog: Catalog, write_scene: Write) -> None:
    assert catalog.status().crawls == ()
    folder = write_scene("one.zarr", "t0")
    catalog.index(folder)
    catalog.index(folder)
    crawls = catalog.status().crawls
    assert [(crawl.written, crawl.unchanged) for crawl in crawls] == [(0, 1), (1, 0)]
    assert crawls[0].started_at.tzinfo is not None


def test_a_backup_is_a_catalog(catalog: Catalog, write_scene: Write, tmp_path: Path) -> None:
    catalog.index(write_scene("one.zarr", "t0"))
    with Catalog(str(catalog.backup(tmp_path / "copy.db"))) as copy:
        assert copy.system("world").address == catalog.system("world").address
        assert copy.current() == catalog.current()


def test_without_a_database(tmp_path: Path) -> None:
    with Catalog(str(tmp_path / "none.db")) as none:
        assert none.current() is None
        with pytest.raises(DatabaseMissingError):
            none.status()
        none.init()
        assert none.status().counts["scenes"] == 0
    assert not (tmp_path / "other.db").exists()


def test_a_password_is_never_shown() -> None:
    catalog = Catalog("postgresql://me:secret@lab/brains")
    assert "secret" not in repr(catalog)
    assert "secret" not in catalog.url


def test_what_asks_for_nothing_is_refused(catalog: Catalog, write_scene: Write) -> None:
    folder = write_scene("one.zarr", "t0")
    with pytest.raises(UsageError, match="name a root"):
        catalog.index()
    with pytest.raises(UsageError, match="name a root"):
        catalog.watch()
    with pytest.raises(UsageError, match="workers is 0"):
        catalog.index(folder, workers=0)
    with pytest.raises(UsageError, match="concurrency is 0"):
        catalog.index(folder, concurrency=0)
    catalog.index(folder)
    assert catalog.paths("t0/0#", "t0#physical", limit=0) == ()


def test_a_folder_is_no_catalog(tmp_path: Path) -> None:
    with Catalog(str(tmp_path)) as catalog, pytest.raises(DatabaseError, match="is a folder"):
        catalog.status()
