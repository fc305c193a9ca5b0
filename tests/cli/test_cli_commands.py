"""The commands, end to end, on the example scenes."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from pathlib import Path
from typing import Any

import click
import pytest

from catalog.cli import _VERBS, main
from catalog.database.migration import head

MOVING = "registration.zarr/moving#stage"
ATLAS = "registration.zarr#atlas"


def test_help_knows_the_commands_without_loading_them() -> None:
    context = main.make_context("catalog", [], resilient_parsing=True)
    for section in _VERBS.values():
        for verb, (_, line) in section.items():
            command = main.get_command(context, verb)
            assert command is not None
            assert command.name == verb
            first = (command.help or "").split("\n\n")[0].replace("\n", " ")
            assert first
            assert line.endswith(".")


def commands(context: click.Context, names: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    group = context.command
    assert isinstance(group, click.Group)
    found: list[tuple[str, ...]] = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        found.append((*names, name))
        if isinstance(command, click.Group):
            found.extend(commands(click.Context(command, context), (*names, name)))
    return found


@pytest.mark.parametrize("names", commands(click.Context(main)), ids=" ".join)
def test_every_help_has_an_example(run: Any, names: tuple[str, ...]) -> None:
    ran = run(*names, "--help")
    assert ran.status == 0
    assert re.search(rf"For example:\n +catalog.* {names[-1]}", ran.out)


def test_index_sums_up_and_says_where_the_problems_are(run: Any, scenes: Path) -> None:
    ran = run("index", scenes)
    assert ran.status == 0
    assert "6 hierarchies seen = 6 written + 0 unchanged + 0 failed" in ran.out
    assert f"3 problems; see them with: catalog problems --under file://{scenes}" in ran.out
    assert ran.err == ""
    again = run("index", scenes)
    assert "6 hierarchies seen = 0 written + 6 unchanged + 0 failed" in again.out
    forced = run("index", "--force", "--json", scenes)
    report = json.loads(forced.out)
    assert (report["roots"][0]["written"], report["roots"][0]["outcome"]) == (6, "done")


def test_index_with_processes_finds_the_same(run: Any, scenes: Path) -> None:
    assert "6 written" in run("index", "-j", "2", scenes).out


def test_index_of_what_is_not_there_fails_and_does_the_rest(run: Any, scenes: Path) -> None:
    ran = run("index", "nothing-here", scenes)
    assert ran.status == 1
    assert re.search(r"nothing-here\n  failed: there is nothing at", ran.out)
    assert "6 written" in ran.out


def test_index_of_an_empty_folder_is_said_to_be_one(run: Any, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ran = run("index", "empty")
    assert ran.status == 0
    assert "There is no OME-Zarr hierarchy below" in ran.out


def test_what_has_gone_is_removed_and_no_more_found(run: Any, scenes: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(scenes, copy)
    run("index", copy)
    shutil.rmtree(copy / "embryo.zarr")
    assert "1 removed" in run("index", copy).out
    assert run("show", "embryo.zarr").status == 1
    assert "1  removed hierarchies" in run("status").out
    assert "embryo" not in run("systems").out


@pytest.mark.parametrize(
    "arguments",
    [
        ("path", "a", "b"),
        ("systems",),
        ("problems",),
        ("show", "a"),
        ("status",),
        ("db", "upgrade"),
    ],
    ids=" ".join,
)
def test_without_a_database_the_command_to_type_is_said(
    run: Any, arguments: tuple[str, ...]
) -> None:
    ran = run(*arguments)
    assert ran.status == 3
    assert ran.out == ""
    assert "catalog -d sqlite:///catalog.db db init" in ran.err


def test_the_database_before_and_after_the_verb_and_from_the_environment(
    run: Any, scenes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("index", scenes, "-d", "one.db").status == 0
    assert run("-d", "one.db", "status").status == 0
    assert run("-d", "none.db", "status", "-d", "one.db").status == 0
    assert run("db", "-d", "one.db", "current").out.strip()
    monkeypatch.setenv("CATALOG_DATABASE", "one.db")
    assert run("status").status == 0
    assert run("-d", "none.db", "status").status == 3


def test_db(run: Any) -> None:
    assert "no catalog" in run("db", "current").err
    assert "new catalog" in run("db", "init").err
    assert "already" in run("db", "init").err
    assert "already" in run("db", "upgrade").err
    assert run("db", "current").out == f"{head()}\n"
    assert run("db", "backup", "copy.db").status == 0
    assert run("-d", "copy.db", "status").status == 0
    assert run("db", "backup", "copy.db").status == 1


def test_path(indexed: Any, scenes: Path) -> None:
    ran = indexed("path", MOVING, ATLAS)
    assert ran.status == 0
    assert ran.out.startswith(f"from  file://{scenes}/registration.zarr/moving#stage\n")
    assert re.search(r"1  inverse translation  to  \S+/moving#physical", ran.out)
    assert re.search(r"2  forward affine 'registration'  to  \S+/fixed#physical", ran.out)
    assert "declared at" in ran.out
    assert re.search(r"affine 3 x 4\n( +[-\d.]+){4}\n", ran.out)
    assert ran.out.endswith("exact\n")


def test_path_as_json_and_as_matrix(indexed: Any) -> None:
    found = json.loads(indexed("path", "--json", MOVING, ATLAS).out)
    assert [step["direction"] for step in found["steps"]] == ["inverse", "forward", "forward"]
    matrix = indexed("path", "--matrix", MOVING, ATLAS).out
    assert [[float(v) for v in row.split()] for row in matrix.splitlines()] == found["matrix"]
    every = json.loads(indexed("path", "--all", "--json", MOVING, ATLAS).out)
    assert every[0] == found


def test_path_via(indexed: Any) -> None:
    detour = "registration.zarr/fixed/0#"
    found = json.loads(indexed("path", "--json", "--via", detour, MOVING, ATLAS).out)
    assert any(step["to"].endswith("fixed/0#") for step in found["steps"])
    assert indexed("path", "--all", "--via", detour, MOVING, ATLAS).status == 2


def test_path_takes_local_paths_ids_and_bare_names(indexed: Any, scenes: Path) -> None:
    listed = json.loads(indexed("systems", scenes / "registration.zarr", "--json").out)
    ids = {row["address"].rpartition("/")[2]: str(row["id"]) for row in listed}
    wanted = indexed("path", MOVING, ATLAS).out
    local = f"{scenes}/registration.zarr/moving#stage"
    assert indexed("path", local, "atlas").out == wanted
    assert indexed("path", ids["moving#stage"], f"system:{ids[ATLAS]}").out == wanted


def test_path_between_strangers(indexed: Any) -> None:
    ran = indexed("path", "embryo.zarr#physical", ATLAS)
    assert ran.status == 1
    assert re.search(r"component \d+ of \d+ systems, the second in component", ran.err)


def test_an_unknown_and_an_ambiguous_name(indexed: Any) -> None:
    unknown = indexed("path", "registration.zarr#atals", ATLAS)
    assert unknown.status == 1
    assert "Near:\n  file://" in unknown.err
    assert "registration.zarr#atlas" in unknown.err
    ambiguous = indexed("path", "physical", ATLAS)
    assert ambiguous.status == 1
    assert "Candidates:\n  file://" in ambiguous.err
    group = indexed("path", "tiles.zarr", ATLAS)
    assert "is a group, not a coordinate system" in group.err


def test_transform_in_every_form(indexed: Any, tmp_path: Path) -> None:
    moved = json.loads(indexed("transform", MOVING, ATLAS, "[[1, 2, 3]]").out)
    as_object = indexed("transform", "--json", MOVING, ATLAS, stdin="1,2,3\n")
    assert json.loads(as_object.out) == {"coordinates": moved}
    assert json.loads(indexed("transform", MOVING, ATLAS, stdin="[1, 2, 3]\n").out) == moved[0]
    named = indexed("transform", MOVING, ATLAS, stdin="cell,x,y,z\nA,3,2,1\n").out
    header, row = csv.reader(io.StringIO(named))
    assert header == ["cell", "z", "y", "x"]
    assert row == ["A", *map(repr, moved[0])]
    file = tmp_path / "points.csv"
    file.write_text("3,2,1\n1,2,3\n")
    target = tmp_path / "moved.csv"
    ran = indexed("transform", MOVING, ATLAS, "--points", file, "-o", target)
    assert (ran.status, ran.out) == (0, "")
    assert target.read_text().splitlines()[1] == ",".join(map(repr, moved[0]))


def test_transform_on_disk_needs_no_database(run: Any, scenes: Path) -> None:
    place = scenes / "registration.zarr"
    ran = run("transform", "--json", place, "moving#stage", "atlas", "[[1, 2, 3]]")
    moved = json.loads(ran.out)["coordinates"]
    assert ran.status == 0
    streamed = run("transform", place, "moving#stage", "atlas", "-", stdin="x,y,z\n3,2,1\n")
    assert streamed.out == "z,y,x\n" + ",".join(map(repr, moved[0])) + "\n"


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("nowhere", "a", "b", "[[1]]"), 1),
        (("{scenes}/registration.zarr", "nothing", "atlas", "[[1, 2, 3]]"), 1),
        (("{scenes}/registration.zarr", "-x", "atlas", "[[1, 2, 3]]"), 1),
        (("{scenes}/registration.zarr", "moving#stage", "atlas", "[[1, 2]]"), 1),
        (("{scenes}/registration.zarr", "moving#stage", "atlas", "[1, 2, 3]"), 1),
        (("{scenes}/registration.zarr", "moving#stage", "atlas", "[[1, 2, NaN]]"), 1),
        (("{scenes}/registration.zarr", "moving#stage", "atlas", "nonsense"), 1),
        (("a", "b", "c", "d", "e"), 2),
        (("--wrong", "a", "b"), 2),
        (("a",), 2),
        (("a", "b"), 3),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_with_json_every_error_is_one_object(
    run: Any, scenes: Path, arguments: tuple[str, ...], status: int
) -> None:
    filled = [argument.format(scenes=scenes) for argument in arguments]
    ran = run("transform", "--json", *filled)
    assert ran.status == status
    assert list(json.loads(ran.out)) == ["message"]
    assert ran.err == ""


def test_an_error_nobody_foresaw_is_an_object_too(
    run: Any, scenes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: str) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr("catalog.scene.open_hierarchy", broken, raising=False)
    ran = run("transform", "--json", scenes, "a", "b", "[[1]]")
    assert ran.status == 1
    assert json.loads(ran.out) == {"message": "ZeroDivisionError: by nothing"}


def test_systems(indexed: Any, scenes: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(indexed("systems", "embryo.zarr", "--csv").out)))
    assert rows[0]["address"] == f"file://{scenes}/embryo.zarr#physical"
    assert (rows[0]["axes"], rows[0]["kind"]) == ("t,c,z,y,x", "implied")
    declared = indexed("systems", "tiles.zarr", "--kind", "declared", "--nl").out.splitlines()
    assert {json.loads(line)["kind"] for line in declared} == {"declared"}
    assert indexed("systems", "nowhere.zarr").status == 1


def test_problems(indexed: Any, scenes: Path) -> None:
    rows = json.loads(indexed("problems", "--json").out)
    assert {row["code"] for row in rows} >= {"missing-image", "unreferenced-image"}
    assert all(row["url"].startswith(f"file://{scenes}/broken.zarr") for row in rows)
    errors = json.loads(indexed("problems", "--json", "--severity", "error").out)
    assert {row["severity"] for row in errors} == {"error"}
    assert json.loads(indexed("problems", "--under", "tiles.zarr", "--json").out) == []
    wrong = indexed("problems", "--code", "missing-imag")
    assert wrong.status == 0
    assert "There are problems of: missing-image" in wrong.err


def test_show_an_image_names_its_scenes(indexed: Any, scenes: Path) -> None:
    shown = indexed("show", "t00").out
    assert f"part of the scenes\n  file://{scenes}/tiles.zarr\n" in shown
    as_json = json.loads(indexed("show", "t00", "--json").out)
    assert [scene["url"] for scene in as_json["scenes"]] == [f"file://{scenes}/tiles.zarr"]
    assert as_json["images"][0]["pixel_sizes"] == [2.0, 0.5, 0.5]
    assert "part of no scene" in indexed("show", "embryo.zarr").out


def test_show_a_scene_a_plate_a_system_a_transformation(indexed: Any) -> None:
    scene = indexed("show", "broken.zarr").out
    assert "images of the scene" in scene
    assert "(lies there, not referred to)" in scene
    assert "missing-image" in scene
    assert "1 rows, 2 columns, 2 wells" in indexed("show", "plate.zarr").out
    system = indexed("show", ATLAS).out
    assert "axes\n  z  space  micrometer" in system
    edge = json.loads(indexed("show", ATLAS, "--json").out)["transformations"][0]
    shown = json.loads(indexed("show", f"transformation:{edge['id']}", "--json").out)
    assert shown["type"] == "bijection"
    assert len(shown["affine"]) == 3
    place = f"{shown['declared_in']}#{shown['pointer']}"
    assert json.loads(indexed("show", place, "--json").out) == shown
    assert indexed("show", "tiles.zarr/tiles/t00/0").out.startswith("coordinate system")
    assert indexed("show", "1").status == 1
    assert "nothing-like-it" in indexed("show", "nothing-like-it").err


def test_status(indexed: Any, scenes: Path) -> None:
    ran = indexed("status")
    assert "database  sqlite:///catalog.db" in ran.out
    assert " 3  scenes" in ran.out
    assert f"done  file://{scenes}" in ran.out
    counts = json.loads(indexed("status", "--json").out)["counts"]
    assert counts["hierarchies"] == 6


def test_status_of_an_empty_catalog(run: Any) -> None:
    run("db", "init")
    assert "Nothing is indexed yet" in run("status").out


def test_check(run: Any, scenes: Path, tmp_path: Path) -> None:
    good = run("check", scenes / "tiles.zarr")
    assert good.status == 0
    assert "valid" in good.out
    bad = run("check", scenes / "broken.zarr")
    assert bad.status == 1
    assert "missing-image  #/ome/scene" in bad.out
    verdict = json.loads(run("check", "--json", "--exit-zero", scenes / "broken.zarr").out)
    assert verdict["valid"] is False
    assert "section-2" in verdict["message"]
    assert verdict["problems"][0]["code"] == "missing-image"
    document = tmp_path / "attributes.json"
    document.write_text('{"ome": {"version": "0.5", "multiscales": []}}')
    assert run("check", "--attributes", document).status == 1
    assert run("check", document).status == 2
    alone = run("check", "--json", scenes / "tiles.zarr" / "zarr.json")
    assert json.loads(alone.out) == {"valid": True, "message": None, "problems": []}
    missing = run("check", "--json", "--exit-zero", "nowhere")
    assert (missing.status, json.loads(missing.out)["valid"]) == (0, False)


def test_a_mistyped_command_names_the_near_one(run: Any) -> None:
    ran = run("sytems")
    assert ran.status == 2
    assert "Did you mean 'systems'?" in ran.err


def test_the_page_of_the_command_line_is_up_to_date() -> None:
    import importlib.util

    script = Path(__file__).resolve().parents[2] / "scripts" / "document_cli.py"
    spec = importlib.util.spec_from_file_location("document_cli", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.PAGE.read_text(encoding="utf-8") == module.page(), (
        "run python scripts/document_cli.py"
    )
