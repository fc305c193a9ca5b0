"""Alternatives that disagree, and cycles that do not lead back: found, measured, ranked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from catalog import Catalog
from catalog.cli import main
from catalog.errors import AmbiguousAddressError, NoPathError, UnknownAddressError

Json = dict[str, object]


def axes(unit: str | None = "micrometer") -> list[Json]:
    known = {} if unit is None else {"unit": unit}
    return [{"name": name, "type": "space", **known} for name in "yx"]


def document(folder: Path, content: Json) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "zarr.json").write_text(json.dumps({"zarr_format": 3, **content}))


def image(folder: Path, scale: float = 0.5, shape: tuple[int, int] = (10, 20)) -> None:
    dataset = {"type": "scale", "scale": [scale, scale]}
    dataset |= {"input": {"path": "0"}, "output": {"name": "physical"}}
    multiscale = {
        "coordinateSystems": [{"name": "physical", "axes": axes()}],
        "datasets": [{"path": "0", "coordinateTransformations": [dataset]}],
    }
    ome = {"version": "0.6", "multiscales": [multiscale]}
    document(folder, {"node_type": "group", "attributes": {"ome": ome}})
    array = {
        "node_type": "array",
        "shape": list(shape),
        "data_type": "uint8",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(shape)}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0,
        "codecs": [{"name": "bytes"}],
        "attributes": {},
    }
    document(folder / "0", array)


def scene(folder: Path, systems: dict[str, str | None], edges: list[Json]) -> None:
    declared = [{"name": name, "axes": axes(unit)} for name, unit in systems.items()]
    content = {"coordinateSystems": declared, "coordinateTransformations": edges}
    ome = {"version": "0.6", "scene": content}
    document(folder, {"node_type": "group", "attributes": {"ome": ome}})


def edge(name: str, source: str, target: str, **transformation: object) -> Json:
    def end(text: str) -> Json:
        path, _, system = text.rpartition("#")
        return {"name": system, **({"path": path} if path else {})}

    return {"name": name, "input": end(source), "output": end(target), **transformation}


def shift(name: str, source: str, target: str, *by: float) -> Json:
    return edge(name, source, target, type="translation", translation=list(by))


Index = Callable[[], Catalog]


@pytest.fixture
def index(database_url: str, tmp_path: Path) -> Iterator[Index]:
    """Index what was written below `data`, in each database."""
    with Catalog(database_url) as catalog:

        def run() -> Catalog:
            report = catalog.index(tmp_path / "data")
            assert report.failed == 0
            return catalog

        yield run


@pytest.fixture
def tiles(tmp_path: Path) -> Path:
    """Two tiles and a world: b is placed by itself (by 100, 0), and over a (by 90, 3 + 10, 1)."""
    folder = tmp_path / "data" / "tiles.zarr"
    edges = [
        shift("a in world", "a#physical", "world", 10.0, 1.0),
        shift("b in world", "b#physical", "world", 100.0, 0.0),
        shift("b on a", "b#physical", "a#physical", 90.0, 3.0),
    ]
    scene(folder, {"world": "micrometer"}, edges)
    image(folder / "a")
    image(folder / "b")
    return folder


def test_a_triangle_that_does_not_close_is_measured_at_the_corners(
    index: Index, tiles: Path
) -> None:
    found = index().consistency()
    assert (found.checked, found.inconsistent, found.unchecked) == (1, 1, 0)
    (cycle,) = found.cycles
    # Translations alone: (0, 4) everywhere.
    assert cycle.distance == pytest.approx(4.0)
    assert cycle.by_axis == pytest.approx((0.0, 4.0))
    assert cycle.unit == "micrometer"
    assert cycle.extent is not None
    assert cycle.extent.endswith("/0#")
    assert sorted(str(step.edge.name) for step in cycle.steps) == [
        "a in world",
        "b in world",
        "b on a",
    ]
    # It goes around, and ends where it began.
    assert cycle.steps[0].source == cycle.steps[-1].target == cycle.system
    assert all(
        one.target == other.source for one, other in zip(cycle.steps, cycle.steps[1:], strict=False)
    )


def test_what_agrees_within_the_tolerance_is_not_listed(index: Index, tiles: Path) -> None:
    catalog = index()
    assert catalog.consistency(tolerance=4.5).cycles == ()
    assert catalog.consistency(tolerance=4.5).checked == 1
    assert len(catalog.consistency(tolerance=3.5).cycles) == 1


def test_a_rotation_misses_most_at_the_far_corner(index: Index, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "turned.zarr"
    turned = edge("turned", "a#physical", "world", type="rotation", rotation=[[0, -1], [1, 0]])
    plain = edge("plain", "a#physical", "world", type="identity")
    scene(folder, {"world": "millimeter"}, [plain, turned])
    image(folder / "a", 2.0, (10, 20))
    (cycle,) = index().consistency().cycles
    # The corner (19, 39) of the image, from edge to edge of its voxels, a quarter turn away.
    assert cycle.at == pytest.approx((19.0, 39.0))
    assert cycle.distance == pytest.approx(np.hypot(19 + 39, 39 - 19))
    assert cycle.system.endswith("/a#physical")
    assert cycle.unit == "micrometer"


def test_worst_first_across_units_and_components(index: Index, tmp_path: Path) -> None:
    for name, unit, miss in (
        ("small", "micrometer", 30.0),
        ("large", "millimeter", 2.0),
        ("tiny", "nanometer", 500.0),
    ):
        edges = [shift("one", "p", "q", 0, 0), shift("two", "p", "q", miss, 0)]
        scene(tmp_path / "data" / f"{name}.zarr", {"p": unit, "q": unit}, edges)
    catalog = index()
    found = catalog.consistency()
    assert [cycle.unit for cycle in found.cycles] == ["millimeter", "micrometer", "nanometer"]
    assert [cycle.distance for cycle in found.cycles] == pytest.approx([2.0, 30.0, 500.0])
    assert [cycle.extent for cycle in found.cycles] == [None] * 3
    limited = catalog.consistency(limit=1)
    assert [cycle.unit for cycle in limited.cycles] == ["millimeter"]
    assert (limited.checked, limited.inconsistent) == (3, 3)
    scoped = catalog.consistency(str(tmp_path / "data" / "tiny.zarr"))
    assert [cycle.unit for cycle in scoped.cycles] == ["nanometer"]


def test_a_bijection_is_held_against_itself(index: Index, tmp_path: Path) -> None:
    def pair(name: str, back: float) -> Json:
        return edge(
            name,
            name,
            "world",
            type="bijection",
            forward={"type": "translation", "translation": [1.0, 0.0]},
            inverse={"type": "translation", "translation": [back, 0.0]},
        )

    folder = tmp_path / "data" / "pairs.zarr"
    systems: dict[str, str | None] = {"good": None, "bad": None, "world": None}
    scene(folder, systems, [pair("good", -1.0), pair("bad", -1.5)])
    found = index().consistency()
    (cycle,) = found.cycles
    assert found.checked == 2
    assert [step.edge.name for step in cycle.steps] == ["bad", "bad"]
    assert [step.inverse for step in cycle.steps] == [False, True]
    assert cycle.distance == pytest.approx(0.5)
    assert cycle.unit is None


def test_loops_and_ways_without_return(index: Index, tmp_path: Path) -> None:
    flat: Json = {"type": "affine", "affine": [[1, 0, 0], [0, 0, 0]]}
    edges = [
        shift("loop", "p", "p", 0.0, 7.0),
        edge("flat", "p", "q", **flat),
        edge("flat too", "p", "q", **{**flat, "affine": [[1, 0, 2], [0, 0, 0]]}),
        edge("apart", "q", "r", **flat),
        edge("against", "r", "q", **flat),
    ]
    systems: dict[str, str | None] = dict.fromkeys("pqr", "micrometer")
    scene(tmp_path / "data" / "odd.zarr", systems, edges)
    found = index().consistency()
    by_names = {tuple(str(step.edge.name) for step in cycle.steps): cycle for cycle in found.cycles}
    assert by_names[("loop",)].distance == pytest.approx(7.0)
    # No way back from q: both ways to it are compared there.
    parallel = by_names[("flat too", "flat")]
    assert (parallel.distance, parallel.ways) == (pytest.approx(2.0), 2)
    assert parallel.system.endswith("#q")
    assert parallel.to_dict()["compared"] == "two ways"
    # Out and back through two that cannot be undone: a projection, that loses something.
    assert ("against", "apart") in by_names or ("apart", "against") in by_names


def test_a_grid_closes_in_small_cycles_and_one_bad_edge_is_blamed(
    index: Index, tmp_path: Path
) -> None:
    side, edges = 5, []
    for row in range(side):
        for column in range(side):
            here = f"s{row}{column}"
            if column + 1 < side:
                by = 8.0 if (row, column) == (2, 1) else 5.0
                edges.append(shift(f"{here} right", f"s{row}{column + 1}", here, 0.0, by))
            if row + 1 < side:
                edges.append(shift(f"{here} down", f"s{row + 1}{column}", here, 4.0, 0.0))
    names = [f"s{row}{column}" for row in range(side) for column in range(side)]
    scene(tmp_path / "data" / "grid.zarr", dict.fromkeys(names, "micrometer"), edges)
    found = index().consistency()
    assert found.checked == (side - 1) ** 2
    # A basis: the bad edge is on few of its cycles, and every miss is by it.
    assert 1 <= found.inconsistent < found.checked
    for cycle in found.cycles:
        assert "s21 right" in {step.edge.name for step in cycle.steps}
        assert cycle.distance == pytest.approx(3.0)


def test_what_was_removed_contradicts_nothing(index: Index, tiles: Path) -> None:
    catalog = index()
    assert catalog.consistency().inconsistent == 1
    (tiles / "zarr.json").write_text((tiles / "zarr.json").read_text().replace("90.0", "90.5"))
    assert index().consistency().inconsistent == 1
    other = tiles.parent / "other.zarr"
    for folder in (other, *(tiles.parent / f"more{i}.zarr" for i in range(8))):
        scene(folder, {"w": None}, [])
    index()
    for file in sorted(tiles.rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    tiles.rmdir()
    assert index().consistency().checked == 0


def test_alternatives_say_how_far_they_are_apart(index: Index, tiles: Path) -> None:
    catalog = index()
    source, target = f"{tiles}/b#physical", f"{tiles}#world"
    found = catalog.paths(source, target)
    assert [len(path.steps) for path in found] == [1, 2]
    compared = catalog.disagreement(found)
    assert compared.extent is not None
    assert compared.extent.endswith("/tiles.zarr/b/0#")
    (apart,) = compared.differences
    assert (apart.distance, apart.unit) == (pytest.approx(4.0), "micrometer")
    assert apart.problem is None
    # From the world the corners are those of the target's image.
    back = catalog.disagreement(catalog.paths(target, source))
    assert back.extent == compared.extent
    assert back.differences[0].distance == pytest.approx(4.0)
    assert catalog.disagreement(found[:1]).differences == ()


def test_avoid_and_forward_only(index: Index, tiles: Path) -> None:
    catalog = index()
    source, target, world = f"{tiles}/b#physical", f"{tiles}/a#physical", f"{tiles}#world"
    direct = catalog.path(source, world)
    (only,) = direct.steps
    place = f"{only.edge.group}#{only.edge.pointer}"
    identified = catalog.show(f"{tiles}#world")
    assert identified is not None
    for what in ("b in world", place, "tiles.zarr#" + only.edge.pointer):
        around = catalog.path(source, world, avoid=[what])
        assert [step.edge.name for step in around.steps] == ["b on a", "a in world"]
    with pytest.raises(NoPathError, match="avoids b in world, "):
        catalog.path(source, world, avoid=["b in world", f"{tiles}/a#physical"])
    with pytest.raises(NoPathError, match="both on the path and avoided"):
        catalog.path(source, world, avoid=[world])
    with pytest.raises(UnknownAddressError):
        catalog.path(source, world, avoid=["no such thing"])
    with pytest.raises(UnknownAddressError, match="any more"):
        catalog.path(source, world, avoid=["transformation:999999"])
    assert len(catalog.paths(source, world, avoid=["b in world"])) == 1
    with pytest.raises(NoPathError, match="forward only"):
        catalog.path(world, target, forward_only=True)
    assert len(catalog.path(source, world, ["a#physical"], forward_only=True).steps) == 2


def test_a_name_of_both_a_transformation_and_a_system_is_ambiguous(
    index: Index, tmp_path: Path
) -> None:
    folder = tmp_path / "data" / "names.zarr"
    edges = [shift("r", "p", "q", 0, 0), shift("pr", "p", "r", 0, 0), shift("rq", "r", "q", 0, 0)]
    scene(folder, dict.fromkeys("pqr", None), edges)
    catalog = index()
    with pytest.raises(AmbiguousAddressError, match="'#r' for the system"):
        catalog.path("p", "q", avoid=["r"])
    assert len(catalog.path("p", "q", avoid=["#r"]).steps) == 1


def test_commands(index: Index, tiles: Path, database_url: str) -> None:
    index()
    run = CliRunner()
    shown = run.invoke(main, ["-d", database_url, "consistency", "--json"])
    assert shown.exit_code == 0, shown.output
    (row,) = json.loads(shown.stdout)
    assert row["distance"] == pytest.approx(4.0)
    assert row["unit"] == "micrometer"
    assert len(row["transformations"]) == 3
    assert "1 cycle compared, 1 beyond 0.001" in shown.stderr
    quiet = run.invoke(main, ["-d", database_url, "consistency", "--tolerance", "5"])
    assert (quiet.exit_code, quiet.stdout) == (0, "")
    assert "No cycle misses by more than 5" in quiet.stderr

    ends = [f"{tiles}/b#physical", f"{tiles}#world"]
    several = run.invoke(main, ["-d", database_url, "path", *ends, "--all"])
    assert several.exit_code == 0, several.output
    assert "up to 4 micrometer from path 1, at the corners of file:" in several.stdout
    listed = run.invoke(main, ["-d", database_url, "path", *ends, "--all", "--json"])
    first, second = json.loads(listed.stdout)
    assert "from_best" not in first
    assert second["from_best"]["distance"] == pytest.approx(4.0)
    assert second["from_best"]["extent"].endswith("/b/0#")
    around = run.invoke(
        main, ["-d", database_url, "path", *ends, "--avoid", "b in world", "--forward-only"]
    )
    assert around.exit_code == 0, around.output
    assert "translation 'b on a'" in around.stdout
