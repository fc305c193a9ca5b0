"""What would move: the images whose own path, asked for one by one, takes the edge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import AmbiguousAddressError, Catalog, NoPathError, UnknownAddressError
from catalog.database.components import LARGE
from catalog.graph import Path

Write = Callable[[Any], str]

quick = settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def paths_of_arrays(
    catalog: Catalog, world: Any, url: str, target: str, images: range
) -> dict[tuple[int, int], Path]:
    """Ask for the path of each array to a target."""
    found = {}
    for image in images:
        for level in (0, 1):
            try:
                path = catalog.path(f"{url}/i{image}/{level}#", target)
            except NoPathError:
                continue
            found[image, level] = path
    return found


def compare(catalog: Catalog, write: Write, world: Any, target: int, images: range) -> None:
    url = write(world)
    to = world.address(url, target)
    paths = paths_of_arrays(catalog, world, url, to, images)
    listed = {f"{url}/i{image}" for image in images}

    def check(what: str, takes: Callable[[Path], bool]) -> None:
        expected: dict[str, list[int]] = {}
        for (image, level), path in paths.items():
            if takes(path):
                expected.setdefault(f"{url}/i{image}", []).append(level)
        rows = [row for row in catalog.depends(what, to=to) if row.url in listed]
        assert {row.url: list(row.levels) for row in rows} == expected
        assert [row.url for row in rows] == sorted(expected)
        for row in rows:
            path = paths[int(row.name.removeprefix("image ")), row.levels[0]]
            assert (row.address, row.steps, row.cost) == (path.source, len(path.steps), path.cost)

    for number, (group, array, name) in enumerate(world.places[: len(world.places) // 2 + 3]):
        address = world.address(url, number)
        if group and f"{url}/{group}" not in listed:
            continue
        try:
            catalog.path(address, to)
        except NoPathError as error:
            if "each way between them" not in str(error):
                with pytest.raises(NoPathError, match="depends on"):
                    catalog.depends(address, to=to)
                continue
        check(
            address,
            lambda path, address=address: (
                address in (path.source, *(step.target for step in path.steps))
            ),
        )
        assert array or name
    for number, link in enumerate(world.links[:14]):
        try:
            catalog.path(world.address(url, link.input), to)
        except NoPathError as error:
            if "each way between them" not in str(error):
                continue
        check(
            f"{url}#/edges/{number}",
            lambda path, number=number: any(
                step.edge.pointer == f"/edges/{number}" for step in path.steps
            ),
        )


@quick
@given(data=st.data())
def test_a_small_component(
    catalog: Catalog, write: Write, worlds: Callable[..., Any], data: st.DataObject
) -> None:
    world = data.draw(worlds())
    target = data.draw(st.integers(0, world.scene_systems - 1))
    compare(catalog, write, world, target, range(world.images))


@settings(quick, max_examples=3)
@given(data=st.data())
def test_a_large_component(
    catalog: Catalog, write: Write, worlds: Callable[..., Any], data: st.DataObject
) -> None:
    world = data.draw(worlds(leaves=LARGE // 3))
    target = data.draw(st.integers(0, world.scene_systems - 1))
    compare(catalog, write, world, target, range(world.images - LARGE // 3 + 2))


@pytest.fixture
def two_worlds(
    catalog: Catalog, write: Write, world: Callable[..., Any], link: Callable[..., Any]
) -> str:
    """Two images in w0, which lies in w1; the second image's grids hang on each other."""
    links = (
        *(link(3, 2), link(4, 2), link(2, 0)),
        *(link(6, 5), link(7, 6), link(5, 0)),
        link(0, 1, type="displacements", invertibility="no"),
    )
    return write(world(2, 2, links))


def test_levels_that_move_are_named(catalog: Catalog, two_worlds: str) -> None:
    found = catalog.depends(f"{two_worlds}#/edges/4", to=f"{two_worlds}#w1")
    assert found.subject.kind == "transformation"
    assert found.target == f"{two_worlds}#w1"
    (row,) = found
    assert (row.name, row.levels, row.steps) == ("image 1", (1,), 4)
    assert row.address == f"{two_worlds}/i1/1#"
    (row,) = catalog.depends("edge 3", to="w1")
    assert (row.name, row.levels, row.steps) == ("image 1", (0, 1), 3)


def test_without_a_target_it_is_the_reference_system(catalog: Catalog, two_worlds: str) -> None:
    found = catalog.depends(f"{two_worlds}#/edges/6")
    assert found.target in (f"{two_worlds}#w0", f"{two_worlds}#w1")
    expected = [] if found.target.endswith("w0") else ["image 0", "image 1"]
    assert [row.name for row in found] == expected
    assert [row.name for row in catalog.depends("w1", to="w1", limit=1)] == ["image 0"]


def test_a_transformation_is_found_by_place_name_and_id(catalog: Catalog, two_worlds: str) -> None:
    subject = catalog.depends(f"{two_worlds}#/edges/2", to="w1").subject
    for text in ("edge 2", f"transformation:{subject.id}", f"{two_worlds}#/edges/2"):
        assert catalog.depends(text, to="w1").subject == subject
    with pytest.raises(UnknownAddressError, match="no transformation 9999"):
        catalog.depends("transformation:9999")
    with pytest.raises(UnknownAddressError, match="edge 77"):
        catalog.depends("edge 77")


def test_what_may_mean_several_things_is_said(
    catalog: Catalog, write: Write, two_worlds: str, world: Callable[..., Any], link: Any
) -> None:
    other = write(world(2, 0, (link(0, 1),)))
    with pytest.raises(AmbiguousAddressError, match="2 transformations"):
        catalog.depends("edge 0")
    with pytest.raises(AmbiguousAddressError, match=r"system:1.*transformation:1"):
        catalog.depends("1")
    with pytest.raises(NoPathError, match="no transformations connect"):
        catalog.depends(f"{other}#w0", to=f"{two_worlds}#w0")
