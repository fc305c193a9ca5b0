"""A search by place finds what brute force over all images finds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import linprog

from catalog import Catalog
from catalog.crawl.extents import extents
from catalog.crawl.records import (
    AxisRecord,
    GroupRecord,
    HierarchyRecord,
    ImageRecord,
    LevelRecord,
    SceneMemberRecord,
    SceneRecord,
    SystemRecord,
    TransformationRecord,
)
from catalog.database import extents as indexing
from catalog.database.engine import Database
from catalog.database.writer import Writer
from catalog.errors import AmbiguousAddressError, UnknownAddressError, UsageError
from catalog.query.search import place_finding

Matrix = NDArray[np.float64]
AXES = "xyzcuv"
_urls = itertools.count()


@dataclass
class Tile:
    """An image of a scene: its shape, and where it is put."""

    shape: tuple[int, ...]
    to_world: Matrix


@dataclass
class World:
    """A scene, and a coordinate system beside it from which a map leads into it."""

    tiles: list[Tile]
    ndim: int
    to_world: Matrix


def layout(ndim: int) -> tuple[AxisRecord, ...]:
    kinds = {"c": "channel"}
    return tuple(
        AxisRecord(name, kinds.get(name, "space"), "micrometer", None, None) for name in AXES[:ndim]
    )


def edge(one: int, other: int, matrix: Matrix, pointer: str) -> TransformationRecord:
    square = len(matrix) == len(matrix[0]) - 1
    regular = square and abs(np.linalg.det(matrix[:, :-1])) > 1e-6
    return TransformationRecord(
        *("", pointer, None, "affine", one, other, "{}", tuple(map(tuple, matrix.tolist())), None),
        *("closed" if regular else "no", "scene", None),
    )


def record_of(world: World, url: str) -> HierarchyRecord:
    """Write a world down as a crawl would."""
    groups = [GroupRecord("", None, "scene", "scene", "0.6", 3, 1, 2, b"d", "{}")]
    systems = [
        SystemRecord("", "", "world", "declared", None, layout(world.ndim), world.ndim),
        SystemRecord("", "", "zzz", "declared", None, layout(world.to_world.shape[1] - 1), None),
    ]
    systems[1] = systems[1]._replace(ndim=world.to_world.shape[1] - 1)
    edges = [edge(1, 0, world.to_world, "/beside")]
    images, levels = [], []
    for number, tile in enumerate(world.tiles):
        path = f"t{number}"
        groups.append(GroupRecord(path, "", "image", path, "0.6", 3, 1, 2, b"d", "{}"))
        ndim = len(tile.shape)
        at = len(systems)
        systems.append(SystemRecord(path, "0", "", "array", 0, None, ndim))
        edges.append(edge(at, 0, tile.to_world, f"/tiles/{number}"))
        images.append(ImageRecord(path, 0, None, AXES[:ndim], tile.shape, "uint8", 0, None, None))
        levels.append(LevelRecord(path, 0, 0, "0", tile.shape, None, "uint8", at))
    return HierarchyRecord(
        url=url,
        digest=url.encode(),
        manifest=(),
        groups=tuple(groups),
        scenes=(SceneRecord("", None),),
        members=tuple(SceneMemberRecord("", group.path, True) for group in groups[1:]),
        images=tuple(images),
        levels=tuple(levels),
        systems=tuple(systems),
        transformations=tuple(edges),
        extents=extents(url, systems, edges, images, levels),
    )


# Brute force, by linear programming, written without ours.


def image_box(tile: Tile) -> tuple[Matrix, Matrix]:
    return np.full(len(tile.shape), -0.5), np.array(tile.shape) - 0.5


def gap(
    one: Matrix, box: tuple[Matrix, Matrix], other: Matrix, its: tuple[Matrix, Matrix]
) -> float:
    """Give by how much two boxes must grow on all sides until their images have a common point.

    In units of the half width of the first one's sides; negative when they may shrink.
    """
    n, k = one.shape[1] - 1, other.shape[1] - 1
    cost = np.zeros(n + k + 1)
    cost[-1] = 1.0
    equal = np.concatenate([one[:, :-1], -other[:, :-1], np.zeros((len(one), 1))], axis=1)
    rows, ends = [], []
    for offset, (low, high), grows in ((0, box, True), (n, its, False)):
        for axis, (first, last) in enumerate(zip(low, high, strict=True)):
            for sign, end in ((1.0, last), (-1.0, -first)):
                if np.isfinite(end):
                    row = np.zeros(n + k + 1)
                    row[offset + axis] = sign
                    row[-1] = -(last - first) / 2 if grows else 0.0
                    rows.append(row)
                    ends.append(end)
    found = linprog(
        cost,
        A_ub=np.array(rows),
        b_ub=np.array(ends),
        A_eq=equal,
        b_eq=other[:, -1] - one[:, -1],
        bounds=[(None, None)] * (n + k) + [(-1.0, None)],
    )
    return float(found.fun) if found.status == 0 else np.inf


def corners(box: tuple[Matrix, Matrix]) -> Matrix:
    return np.array(list(itertools.product(*zip(*box, strict=True))))


def moved(matrix: Matrix, points: Matrix) -> Matrix:
    return np.einsum("dk,nk->nd", matrix[:, :-1], points) + matrix[:, -1]


numbers = st.floats(-3.0, 3.0, allow_nan=False).map(lambda x: round(x, 3))


@st.composite
def maps(draw: st.DrawFn, rows: int, columns: int) -> Matrix:
    """Scales, permutations, rotations, shears; and what has no inverse."""
    kind = draw(st.sampled_from(["scale", "mixed", "turned"]))
    matrix = np.zeros((rows, columns + 1))
    places = draw(st.permutations(range(max(rows, columns))))
    for row, column in enumerate(places[:rows]):
        if column < columns:
            matrix[row, column] = draw(st.sampled_from([0.25, 0.5, 1.0, 2.0, -1.5]))
    if kind == "mixed":
        for row in range(rows):
            for column in range(columns):
                matrix[row, column] += draw(numbers) / 3
    if kind == "turned" and rows >= 2:
        angle = draw(st.floats(0.1, 3.0))
        turn = np.eye(rows)
        turn[0, 0] = turn[1, 1] = np.cos(angle)
        turn[0, 1], turn[1, 0] = -np.sin(angle), np.sin(angle)
        matrix = np.concatenate([turn @ matrix[:, :-1], matrix[:, -1:]], axis=1)
    matrix[:, -1] = [draw(numbers) * 5 for _ in range(rows)]
    return matrix


@st.composite
def worlds(draw: st.DrawFn) -> World:
    ndim = draw(st.integers(1, 5))
    tiles = []
    for _ in range(draw(st.integers(1, 6))):
        size = draw(st.sampled_from([ndim, ndim, ndim, max(1, ndim - 1), min(5, ndim + 1)]))
        shape = tuple(draw(st.integers(1, 8)) for _ in range(size))
        tiles.append(Tile(shape, draw(maps(ndim, size))))
    beside = draw(maps(ndim, ndim).filter(lambda m: abs(np.linalg.det(m[:, :-1])) > 0.05))
    return World(tiles, ndim, beside)


@st.composite
def boxes(draw: st.DrawFn, ndim: int) -> dict[str, tuple[float, float]]:
    axes = draw(st.lists(st.sampled_from(AXES[:ndim]), min_size=1, unique=True))
    sides = {}
    for axis in axes:
        low = draw(numbers) * 5
        width = draw(st.sampled_from([0.0, 0.5, 3.0, 10.0, 40.0]))
        sides[axis] = (low, low + width)
    return sides


def is_sure(margin: float) -> bool:
    return abs(margin) > 1e-6


class Asking:
    """Writes worlds into a database, and asks for places in them."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        self.writer = Writer(self.database)
        self.crawl = self.writer.begin_crawl("file:///d")
        self.catalog = Catalog(url)

    def write(self, world: World) -> str:
        url = f"file:///d/world{next(_urls)}"
        [written] = self.writer.write([record_of(world, url)], self.crawl)
        assert written.failure is None
        return url

    def found(self, url: str, **criteria: Any) -> set[int]:
        rows = list(self.catalog.search(**criteria))
        assert len(rows) == self.catalog.count(**criteria)
        assert all(row.url.startswith(f"{url}/t") for row in rows)
        return {int(row.url.rpartition("/t")[2]) for row in rows}


@pytest.fixture
def asking(database_url: str) -> Iterator[Asking]:
    made = Asking(database_url)
    with made.database, made.catalog:
        yield made


SLOW = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@SLOW
@given(data=st.data(), world=worlds(), crowded=st.booleans())
def test_a_box_search_equals_brute_force(
    asking: Asking, data: st.DataObject, world: World, crowded: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if crowded:
            patch.setattr(indexing, "CROWDED", 1)
        url = asking.write(world)
    for system, matrix in (("world", np.eye(world.ndim, world.ndim + 1)), ("zzz", world.to_world)):
        sides = data.draw(boxes(world.ndim))
        low = np.array([sides.get(axis, (-np.inf, np.inf))[0] for axis in AXES[: world.ndim]])
        high = np.array([sides.get(axis, (-np.inf, np.inf))[1] for axis in AXES[: world.ndim]])
        at = f"{url}#{system}"
        gaps = [gap(t.to_world, image_box(t), matrix, (low, high)) for t in world.tiles]
        found = asking.found(url, in_=at, box=sides)
        for number, margin in enumerate(gaps):
            if is_sure(margin):
                assert (number in found) == (margin < 0), (number, margin, sides)
        back = np.linalg.inv(matrix[:, :-1])
        named = [AXES.index(axis) for axis in sides]
        inside = asking.found(url, in_=at, within=sides)
        for number, tile in enumerate(world.tiles):
            points = (moved(tile.to_world, corners(image_box(tile))) - matrix[:, -1]) @ back.T
            room = min(
                (points[:, named] - low[named]).min(), (high[named] - points[:, named]).min()
            )
            if is_sure(room):
                assert (number in inside) == (room > 0), (number, room, sides)
        around = asking.found(url, in_=at, contains=sides)
        for number, tile in enumerate(world.tiles):
            turn = back @ np.column_stack(
                [tile.to_world[:, :-1], tile.to_world[:, -1] - matrix[:, -1]]
            )
            least = max(
                gap(turn[named], image_box(tile), np.eye(len(named), len(named) + 1), (c, c))
                for c in corners((low[named], high[named]))
            )
            if is_sure(least):
                assert (number in around) == (least < 0), (number, least, sides)


def upright(*offset: float, scale: float = 1.0) -> Matrix:
    matrix = np.eye(len(offset), len(offset) + 1) * scale
    matrix[:, -1] = offset
    return matrix


# Four tiles of 10 by 10 in a row along x, each 10 wide; the last one is turned by 45 degrees.
HALF = np.sqrt(0.5)
ROW = World(
    [Tile((10, 10), upright(10.0 * i, 0.0)) for i in range(3)]
    + [Tile((10, 10), np.array([[HALF, -HALF, 30.0], [HALF, HALF, 0.0]]))],
    2,
    upright(100.0, 0.0, scale=0.5),
)


@pytest.fixture
def row(asking: Asking) -> str:
    return asking.write(ROW)


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({"box": "x=0:5,y=0:5"}, {0}),
        ({"box": "x=0:15"}, {0, 1}),
        ({"box": "x=9.5:9.5"}, {0, 1}),  # an edge is of both
        ({"box": {"x": (None, 12)}}, {0, 1}),
        ({"box": "x=12:"}, {1, 2, 3}),
        ({"box": "y=11:12"}, {3}),
        ({"box": "24:32,0:1"}, {2, 3}),
        # In the upright box around the turned tile, and not in the tile.
        ({"box": "x=23.5:24,y=0:0.5"}, {2}),
        ({"box": "x=34:36,y=0:1"}, set()),
        ({"point": "x=3,y=3"}, {0}),
        ({"point": {"x": 30.0, "y": 6.0}}, {3}),
        ({"point": "x=24,y=1"}, {2}),
        ({"within": "x=-1:21,y=-1:10"}, {0, 1}),
        ({"within": "x=5:"}, {1, 2, 3}),
        ({"contains": "x=12:15,y=2:3"}, {1}),
        ({"contains": "x=29:31,y=6:7"}, {3}),
        ({"overlaps": "x=0:1"}, {0}),
        ({"box": "x=0:0.005", "in_unit": "millimeter"}, {0}),
        ({"box": "x=1000:1100,y=0:50", "in_unit": "nanometer"}, {0}),
    ],
)
def test_places_in_a_row(
    asking: Asking, row: str, criteria: dict[str, Any], expected: set[int]
) -> None:
    assert asking.found(row, in_=f"{row}#world", **criteria) == expected


def test_the_box_may_lie_in_any_system(asking: Asking, row: str) -> None:
    assert asking.found(row, in_=f"{row}#zzz", box="x=-200:-190.2") == {0}
    assert asking.found(row, in_=f"{row}/t1/0#", box="0:5,0:5") == {1}
    assert asking.found(row, in_=f"{row}/t1/0#", box="-5:5,0:5") == {0, 1}
    assert asking.found(row, in_=f"{row}/t3/0#", point="5,5") == {3}


def test_an_image_may_be_the_place(asking: Asking, row: str) -> None:
    assert asking.found(row, overlaps=f"{row}/t0") == {1}  # what touches overlaps
    assert asking.found(row, overlaps=f"{row}/t2") == {1, 3}
    assert asking.found(row, overlaps="t3") == {2}
    small = World([*ROW.tiles, Tile((2, 2), upright(3.0, 3.0))], 2, ROW.to_world)
    url = asking.write(small)
    assert asking.found(url, within=f"{url}/t0") == {4}
    assert asking.found(url, contains=f"{url}/t4") == {0}
    with asking.database.reading() as connection:
        id_ = connection.exec_driver_sql(
            "SELECT i.id FROM image AS i JOIN zarr_group AS g ON g.id = i.group_id "
            f"WHERE g.url = '{url}/t4'"
        ).scalar_one()
    assert asking.found(url, contains=f"image:{id_}") == {0}


def test_a_place_joins_other_filters_order_and_pages(asking: Asking, row: str) -> None:
    catalog, at = asking.catalog, {"in_": f"{row}#world", "box": "x=0:40"}
    assert catalog.count(**at) == 4
    assert asking.found(row, **at, where="name IN ('t1', 't3', 't9')") == {1, 3}
    assert asking.found(row, **at, name=["t1"]) == {1}
    assert catalog.count("t2", **at) == 1
    page = catalog.search(**at, sort=["-name"], limit=3)
    assert [image.name for image in page] == ["t3", "t2", "t1"]
    assert page.after is not None
    rest = catalog.search(**at, sort=["-name"], limit=3, after=page.after)
    assert [image.name for image in rest] == ["t0"]
    with pytest.raises(UsageError, match="another search"):
        catalog.search(in_=at["in_"], box="x=0:41", sort=["-name"], limit=3, after=page.after)
    assert [(v.value, v.count) for v in catalog.facet("dtype", **at)] == [("uint8", 4)]
    sql = catalog.search_sql(**at)
    with asking.database.reading() as connection:
        assert len(connection.exec_driver_sql(sql.rstrip(";")).all()) == 4
    placed = catalog.locate(**at)
    assert catalog.count(placed=placed) == len(placed.ids) == 4


@pytest.mark.parametrize(
    ("criteria", "words"),
    [
        ({"in_": "WORLD", "box": "q=1:2"}, "has no axis 'q'; its axes are x, y"),
        ({"in_": "WORLD", "box": "x=2:1"}, "empty along x"),
        ({"in_": "WORLD", "box": "x=two"}, "'x=two' is no side of a box; write x=10:20,y=5:9"),
        ({"in_": "WORLD", "box": {"x": "two"}}, "'two' is no side of a box along x"),
        ({"in_": "WORLD", "box": {"x": (1, 2, 3)}}, "is no side of a box along x"),
        ({"in_": "WORLD", "boxes": "x=1:2"}, "no filter 'boxes' of a search; did you mean box"),
        ({"colour": "red"}, "no filter 'colour' of a search; there are where, "),
        ({"in_": "WORLD", "box": "x=nan:2"}, "no place along x"),
        ({"in_": "WORLD", "box": "x=1:2,x=3:4"}, "names an axis twice"),
        ({"in_": "WORLD", "box": "x=1:2,3:4"}, "some have none"),
        ({"in_": "WORLD", "box": "1:2"}, "has 1 sides, and .* has 2 axes: x, y"),
        ({"in_": "WORLD", "point": "x=1:2"}, "A point has one coordinate along x"),
        ({"in_": "WORLD", "contains": "x=1:"}, "give both ends"),
        ({"in_": "WORLD", "box": "x=1:2", "point": "x=1"}, "--box and --point are several places"),
        ({"in_": "WORLD"}, "Give a box or a point"),
        ({"box": "x=1:2"}, "In which coordinate system"),
        ({"in_": "WORLD", "box": "x=1:2", "in_unit": "second"}, "No axis of the box"),
        ({"in_": "WORLD", "box": "x=1:2", "in_unit": "furlong"}, "'furlong' is not known"),
        ({"in_": "t0/0#", "box": "1:2,3:4", "in_unit": "meter"}, "leave out --unit"),
        ({"in_": "t0/0#", "box": "x=1:2"}, "have no names: give the sides in their order"),
        ({"overlaps": "t0", "in_unit": "meter"}, "its own unit"),
        ({"in_": "WORLD", "box": "x=1:2", "of": "scenes"}, "scenes have none"),
    ],
)
def test_what_cannot_be_meant_is_an_error(
    asking: Asking, row: str, criteria: dict[str, Any], words: str
) -> None:
    if criteria.get("in_") == "WORLD":
        criteria = {**criteria, "in_": f"{row}#world"}
    with pytest.raises(UsageError, match=words):
        asking.catalog.search(**criteria)


def test_an_unknown_system_or_image_names_what_is_near(asking: Asking, row: str) -> None:
    with pytest.raises(UnknownAddressError, match="#world"):
        asking.catalog.search(in_=f"{row}#worlt", box="x=1:2")
    with pytest.raises(UnknownAddressError):
        asking.catalog.search(overlaps="nothing_like_it")
    with pytest.raises(UnknownAddressError, match="is no image"):
        asking.catalog.search(overlaps=row)
    asking.write(ROW)
    with pytest.raises(AmbiguousAddressError, match="image:"):
        asking.catalog.search(overlaps="t0")


def test_other_components_are_other_worlds(asking: Asking, row: str) -> None:
    record = record_of(ROW, "file:///d/apart")
    alone = SystemRecord("", "", "alone", "declared", None, layout(2), 2)
    record = replace(record, systems=(*record.systems, alone))
    asking.writer.write([record], asking.crawl)
    results = asking.catalog.search(in_="file:///d/apart#alone", box="x=0:1")
    assert list(results) == []
    [note] = results.notes
    assert "and no image does" in note
    assert "worlds of their own" in note
    # The same numbers in another scene are another place.
    assert asking.found(row, in_=f"{row}#world", box="x=0:5") == {0}


def test_without_a_way_there_is_an_error(asking: Asking) -> None:
    # From the world to the other system alone, and nothing leads on to where images are.
    record = record_of(ROW, "file:///d/oneway")
    lost = SystemRecord("", "", "lost", "declared", None, layout(1), 1)
    squeezed = edge(3, 2, np.array([[1.0, 0.0, 0.0]]), "/squeezed")
    record = replace(
        record,
        systems=(*record.systems, lost),
        transformations=(*record.transformations, squeezed._replace(input=2, output=6)),
    )
    asking.writer.write([record], asking.crawl)
    # A tile leads there by a map that drops an axis: what lies there can be said of all.
    assert asking.found("file:///d/oneway", in_="file:///d/oneway#lost", box="x=0:1") == {0}
    backwards = squeezed._replace(input=6, output=2, affine=((1.0, 0.0), (0.0, 3.0)))
    record = replace(record, transformations=(*record.transformations[:-1], backwards))
    asking.writer.write([record], asking.crawl)
    # From there leads a line: y is 3, and what lies on it overlaps.
    assert asking.found("file:///d/oneway", in_="file:///d/oneway#lost", box="x=2:12") == {0, 1}


def test_what_cannot_be_placed_is_counted(asking: Asking) -> None:
    record = record_of(ROW, "file:///d/partly")
    edges = list(record.transformations)
    edges[2] = edges[2]._replace(affine=None, type="displacements", invertibility="numeric")
    record = replace(record, transformations=tuple(edges))
    placed = extents(record.url, record.systems, edges, record.images, record.levels)
    asking.writer.write([replace(record, extents=placed)], asking.crawl)
    results = asking.catalog.search(in_="file:///d/partly#world", box="x=0:40")
    assert {row.url[-1] for row in results} == {"0", "2", "3"}
    assert results.unplaceable == 1
    [note] = results.notes
    assert note.startswith("1 image of this component has no known place")
    assert "not affine" in note
    with pytest.raises(UsageError, match=r"has no place itself: .*not affine"):
        asking.catalog.search(overlaps="file:///d/partly/t1")


def test_hierarchies_of_an_earlier_version_are_said_to_wait(asking: Asking) -> None:
    record = replace(record_of(ROW, "file:///d/old"), extents=())
    record = replace(record, images=tuple(image._replace(intrinsic=0) for image in record.images))
    asking.writer.write([record], asking.crawl)
    results = asking.catalog.search(in_="file:///d/old#world", box="x=0:40")
    assert list(results) == []
    assert "not placed yet" in results.notes[0]
    assert "catalog index" in results.notes[0]
    with pytest.raises(UsageError, match="an earlier version recorded it"):
        asking.catalog.search(overlaps="file:///d/old/t1")


def test_what_was_written_again_lies_where_it_lies_now(asking: Asking, row: str) -> None:
    assert asking.found(row, in_=f"{row}#world", box="x=0:5") == {0}
    moved_on = World([Tile((10, 10), upright(100.0, 0.0))], 2, ROW.to_world)
    asking.writer.write([record_of(moved_on, row)], asking.crawl)
    assert asking.found(row, in_=f"{row}#world", box="x=0:5") == set()
    assert asking.found(row, in_=f"{row}#world", box="x=99:101") == {0}


def test_many_candidates_are_read_in_parts(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place_finding, "FEW", 7)
    place_finding._of_many.cache_clear()
    tiles = [Tile((10, 10), upright(10.0 * (i % 25), 10.0 * (i // 25))) for i in range(600)]
    url = asking.write(World(tiles, 2, ROW.to_world))
    found = asking.found(url, in_=f"{url}#world", box="x=1:95,y=1:45")
    assert found == {x + 25 * y for x in range(10) for y in range(5)}
    assert len(asking.found(url, in_=f"{url}#world", box="x=-9:999")) == 600
