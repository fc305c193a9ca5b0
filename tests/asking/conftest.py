"""Random graphs of images and scenes in each database."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from hypothesis import strategies as st

from catalog import Catalog
from catalog.crawl.records import (
    AxisRecord,
    GroupRecord,
    HierarchyRecord,
    ImageRecord,
    LevelRecord,
    SceneRecord,
    SystemRecord,
    TransformationRecord,
)
from catalog.database.engine import Database
from catalog.database.writer import Writer

AXES = tuple(AxisRecord(name, "space", "micrometer", None, None) for name in "yx")
KINDS = {
    # type: (affine, inverse_affine, parameters)
    "translation": (((1.0, 0.0, 3.0), (0.0, 1.0, 4.0)), None, {"translation": [3, 4]}),
    "displacements": (None, None, {"path": "field"}),
}
_numbers = itertools.count()


@dataclass(frozen=True)
class Link:
    """An edge between two systems, by number."""

    input: int
    output: int
    type: str = "translation"
    origin: str = "scene"
    invertibility: str = "closed"


@dataclass(frozen=True)
class World:
    """Systems of a scene (w0, w1, …), images of two levels (i0, i1, …), and edges.

    The systems are, in order, those of the scene and then for each image ``physical`` and
    the grids of its levels.
    """

    scene_systems: int
    images: int
    links: tuple[Link, ...]

    @property
    def places(self) -> list[tuple[str, str, str]]:
        """Group, array path and name of each system."""
        found = [("", "", f"w{i}") for i in range(self.scene_systems)]
        for i in range(self.images):
            found += [(f"i{i}", "", "physical"), (f"i{i}", "0", ""), (f"i{i}", "1", "")]
        return found

    def address(self, url: str, number: int) -> str:
        """Give the full address of a system."""
        group, array, name = self.places[number]
        return "/".join(part for part in (url, group, array) if part) + f"#{name}"

    def record(self, url: str) -> HierarchyRecord:
        """Make the record that a crawl would."""

        def group(path: str, kind: str) -> GroupRecord:
            name = path or url.rpartition("/")[2]
            parent = "" if path else None
            return GroupRecord(path, parent, kind, name, "0.6", 3, 1, 1, b"d", "{}")  # type: ignore[arg-type]

        first = self.scene_systems
        return HierarchyRecord(
            url,
            b"digest",
            (),
            groups=(group("", "scene"), *(group(f"i{i}", "image") for i in range(self.images))),
            scenes=(SceneRecord("", "a scene"),),
            images=tuple(
                ImageRecord(
                    *(f"i{i}", 0, f"image {i}", "yx", (8, 8), "uint8", first + 3 * i),
                    *((1.0, 1.0), None),
                )
                for i in range(self.images)
            ),
            levels=tuple(
                LevelRecord(
                    f"i{i}", 0, level, str(level), (8, 8), None, "uint8", first + 3 * i + 1 + level
                )
                for i in range(self.images)
                for level in (0, 1)
            ),
            systems=tuple(
                SystemRecord(
                    *(group, array, name, "array" if array else "declared"),
                    *(None if number < first else 0, AXES, 2),
                )
                for number, (group, array, name) in enumerate(self.places)
            ),
            transformations=tuple(
                TransformationRecord(
                    *("", f"/edges/{number}", f"edge {number}", link.type, link.input),
                    link.output,
                    json.dumps({"type": link.type, **KINDS[link.type][2]}),
                    KINDS[link.type][0],
                    KINDS[link.type][1],
                    link.invertibility,
                    link.origin,  # type: ignore[arg-type]
                    None,
                )
                for number, link in enumerate(self.links)
            ),
        )


def make_worlds(leaves: int = 0) -> st.SearchStrategy[World]:
    """Draw worlds with parallel edges, ties, fields, implied edges and edges of no return.

    `leaves` more images hang on the first system, to make its component a large one.
    """

    @st.composite
    def draw_world(draw: st.DrawFn) -> World:
        scene_systems = draw(st.integers(1, 4))
        drawn = draw(st.integers(0, 3))
        count = scene_systems + 3 * drawn
        ends = st.integers(0, count - 1)
        links = []
        for i in range(drawn):
            physical = scene_systems + 3 * i
            links += [
                Link(physical + level, physical, origin="dataset")
                for level in (1, 2)
                if draw(st.integers(0, 5))
            ]
        for _ in range(draw(st.integers(0, 14))):
            one, other = draw(ends), draw(ends)
            if one == other:
                continue
            type_ = draw(st.sampled_from(["translation", "translation", "displacements"]))
            backs = ["closed", "closed", "no"] if type_ == "translation" else ["numeric", "no"]
            origin = draw(st.sampled_from(["scene", "scene", "implied"]))
            links.append(Link(one, other, type_, origin, draw(st.sampled_from(backs))))
        for i in range(leaves):
            physical = count + 3 * i
            links += [
                Link(physical + 1, physical, origin="dataset"),
                Link(physical + 2, physical, origin="dataset"),
                Link(physical, 0),
            ]
        return World(scene_systems, drawn + leaves, tuple(links))

    return draw_world()


@pytest.fixture(scope="session")
def worlds() -> Callable[..., st.SearchStrategy[World]]:
    return make_worlds


@pytest.fixture(scope="session")
def world() -> Callable[..., World]:
    return World


@pytest.fixture(scope="session")
def link() -> Callable[..., Link]:
    return Link


@pytest.fixture
def catalog(database_url: str) -> Iterator[Catalog]:
    with Catalog(database_url) as opened:
        yield opened


@pytest.fixture
def write(database_url: str) -> Iterator[Callable[[World], str]]:
    """Write a world as a hierarchy of its own into this test's database; give its URL."""
    with Database(database_url) as database:
        writer = Writer(database)
        crawl = writer.begin_crawl("file:///worlds")

        def written(world: World) -> str:
            url = f"file:///worlds/{next(_numbers)}.zarr"
            (outcome,) = writer.write([world.record(url)], crawl)
            assert outcome.failure is None
            return url

        yield written
