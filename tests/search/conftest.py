"""A small collection whose values are known, in each database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from catalog import Catalog
from catalog.crawl.records import (
    AxisRecord,
    ChannelRecord,
    GroupRecord,
    HierarchyRecord,
    ImageRecord,
    LevelRecord,
    SceneMemberRecord,
    SceneRecord,
    SystemRecord,
    TransformationRecord,
)
from catalog.database.engine import Database
from catalog.database.writer import Writer


class Known(NamedTuple):
    """An image as the tests know it; `fields` are what a filter may ask for."""

    url: str
    fields: dict[str, Any]


def _layout(axes: str, unit: str | None) -> tuple[AxisRecord, ...]:
    return tuple(AxisRecord(name, "space", unit, None, None) for name in axes)


def make_image(
    url: str,
    *,
    name: str | None = None,
    axes: str = "zyx",
    unit: str | None = "micrometer",
    dtype: str | None = "uint16",
    shape: tuple[int, ...] | None = None,
    steps: tuple[float, ...] | None = None,
    channels: tuple[str | None, ...] = (),
    version: str = "0.6",
    labels: int = 0,
    texts: tuple[str, ...] = (),
    scene: str | None = None,
) -> HierarchyRecord:
    """Make a hierarchy of one image, its labels, and the scene that it is part of."""
    layout = _layout(axes, unit)
    paths = ["", *[f"labels/l{i}" for i in range(labels)]]
    groups = [
        GroupRecord(
            *(
                path,
                None if path == "" else "",
                "image",
                url.rpartition("/")[2] if path == "" else path[7:],
            ),
            *(version, 3, 1, 2, b"d", "{}", texts if path == "" else ()),
        )
        for path in paths
    ]
    systems = [
        SystemRecord(path, "", "physical", "declared", 0, layout, len(axes)) for path in paths
    ]
    images = [
        ImageRecord(
            path,
            0,
            name if path == "" else None,
            axes,
            shape,
            dtype,
            at,
            steps,
            None if path == "" else "",
        )
        for at, path in enumerate(paths)
    ]
    edges = []
    if scene is not None:
        systems.append(SystemRecord("", "", "world", "declared", None, layout, len(axes)))
        edges.append(
            TransformationRecord(
                *("", "/ome/scene/coordinateTransformations/0", None, "translation", 0),
                *(len(systems) - 1, "{}", None, None, "closed", "scene", None),
            )
        )
    return HierarchyRecord(
        url=url,
        digest=url.encode(),
        manifest=(),
        groups=tuple(groups),
        scenes=() if scene is None else (SceneRecord("", scene),),
        members=() if scene is None else (SceneMemberRecord("", "", True),),
        images=tuple(images),
        levels=tuple(LevelRecord(path, 0, 0, "0", shape, None, dtype, None) for path in paths),
        channels=tuple(ChannelRecord("", i, label, None, None) for i, label in enumerate(channels)),
        systems=tuple(systems),
        transformations=tuple(edges),
    )


def known(record: HierarchyRecord) -> Known:
    """Say what filters have to find in a record of `make_image`, by other means than ours."""
    image, system = record.images[0], record.systems[0]
    size = dict(zip(image.axes, image.shape or (None,) * 9, strict=False))
    factor = {"micrometer": 1.0, "nanometer": 1e-3, "millimeter": 1e3, None: 1.0}
    unit = system.axes[0].unit if system.axes else None
    step = {
        name: value * factor[unit] if unit in factor else None
        for name, value in zip(image.axes, image.pixel_sizes or (), strict=False)
    }
    labels = len(record.images) - 1
    return Known(
        record.url,
        {
            "name": image.name or record.url.rpartition("/")[2],
            "url": record.url,
            "version": record.groups[0].ome_version,
            "axes": image.axes,
            "ndim": len(image.axes),
            "dtype": image.dtype,
            **{f"size_{a}": size.get(a) for a in "tczyx"},
            **{f"voxel_size_{a}": step.get(a) for a in "zyx"},
            "labels": labels,
            "has_labels": labels > 0,
            "channels": len(record.channels),
            "axis": set(image.axes),
            "unit": {unit} - {None},
            "channel": {channel.label for channel in record.channels} - {None},
            "scene": {scene.name for scene in record.scenes},
        },
    )


@pytest.fixture(scope="session")
def image_record() -> Callable[..., HierarchyRecord]:
    return make_image


@pytest.fixture(scope="session")
def known_image() -> Callable[[HierarchyRecord], Known]:
    return known


@pytest.fixture
def write(database_url: str) -> Iterator[Callable[..., None]]:
    """Write records into this test's database."""
    with Database(database_url) as database:
        writer = Writer(database)
        crawl = writer.begin_crawl("file:///d")

        def written(*records: HierarchyRecord) -> None:
            assert [w.failure for w in writer.write(records, crawl)] == [None] * len(records)

        yield written


@pytest.fixture
def catalog(database_url: str) -> Iterator[Catalog]:
    with Catalog(database_url) as opened:
        yield opened


RECORDS = [
    make_image(
        f"file:///d/{'ab'[i % 2]}/i{i:02}",
        name=(None, f"tile {i % 7}", "100%_ü*?[x]", f"Tile {i % 3}")[i % 4],
        axes=("zyx", "yx", "tczyx", "cyx")[i % 4],
        unit=("micrometer", "nanometer", None, "pixel", "millimeter")[i % 5],
        dtype=("uint16", "uint8", None)[i % 3],
        shape=None
        if i % 6 == 5
        else tuple(range(1 + i % 4, 6 + i % 4))[: len(("zyx", "yx", "tczyx", "cyx")[i % 4])],
        steps=None
        if i % 5 == 4
        else (500.0, 0.5, 1.0, 0.5, 0.25)[: len(("zyx", "yx", "tczyx", "cyx")[i % 4])],
        channels=((), ("DAPI",), ("DAPI", "GFP", "DAPI"), (None, "b"))[i % 4],
        version=("0.4", "0.6")[i % 2],
        labels=(0, 0, 2)[i % 3],
        scene=(None, "s 1", "s 2")[i % 3],
    )
    for i in range(36)
]


@pytest.fixture
def collection(write: Callable[..., None]) -> list[Known]:
    """What is in this test's database."""
    write(*RECORDS)
    return [known(record) for record in RECORDS]
