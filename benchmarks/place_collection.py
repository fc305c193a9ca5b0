"""Records of a mosaic of many tiles in one scene, and of many scenes of five turned tiles."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from random import Random

from catalog.crawl.extents import extents
from catalog.crawl.records import (
    AxisRecord,
    GroupRecord,
    HierarchyRecord,
    ImageRecord,
    LevelRecord,
    ManifestEntry,
    SceneMemberRecord,
    SceneRecord,
    SystemRecord,
    TransformationRecord,
)

SHAPE = (16, 512, 512)
VOXEL = (2.0, 0.5, 0.5)
STEP = 230.0
"""Micrometers between two tiles, which are 256 wide: each overlaps its neighbours."""

MOSAIC = "file:///data/mosaic.zarr"

ZYX = tuple(AxisRecord(name, "space", "micrometer", None, None) for name in "zyx")
GRID = tuple(AxisRecord(f"dim_{i}", "array", None, True, None) for i in range(3))

Rows = tuple[tuple[float, ...], ...]


def mosaic(side: int, seed: int = 9) -> HierarchyRecord:
    """Make one scene of side times side tiles on a grid, each turned a little."""
    random = Random(seed)
    tiles = [
        (f"m_{y}_{x}", _turned(random.uniform(-0.02, 0.02), (0.0, y * STEP, x * STEP)))
        for y in range(side)
        for x in range(side)
    ]
    return _scene(MOSAIC, tiles)


def boxes(side: int, random: Random) -> Iterator[dict[str, tuple[float, float]]]:
    """Yield boxes of the mosaic that 10 to 200 tiles overlap."""
    while True:
        wanted = random.uniform(10, 200)
        wide = math.sqrt(wanted) * random.uniform(0.5, 2.0)
        sizes = {"x": wide * STEP, "y": wanted / wide * STEP}
        low = {axis: random.uniform(0, side * STEP - size) for axis, size in sizes.items()}
        yield {axis: (low[axis], low[axis] + max(size - STEP, 1.0)) for axis, size in sizes.items()}


def scenes(count: int, seed: int = 9) -> Iterator[HierarchyRecord]:
    """Yield scenes of five tiles each."""
    for number in range(count):
        random = Random(seed * 1_000_003 + number)
        tiles = [
            (
                f"s_{number}_{tile}",
                _turned(random.uniform(-3.0, 3.0), (0.0, random.uniform(0, 900.0), tile * STEP)),
            )
            for tile in range(5)
        ]
        yield _scene(f"file:///data/scene_{number:06}.zarr", tiles)


def _turned(angle: float, offset: tuple[float, float, float]) -> Rows:
    c, s = math.cos(angle), math.sin(angle)
    return (
        (1.0, 0.0, 0.0, offset[0]),
        (0.0, c, -s, offset[1]),
        (0.0, s, c, offset[2]),
    )


def _scene(url: str, tiles: Sequence[tuple[str, Rows]]) -> HierarchyRecord:
    groups = [_group("", None, "scene", url.rpartition("/")[2])]
    systems = [SystemRecord("", "", "world", "declared", None, ZYX, 3)]
    images, levels, edges, members = [], [], [], []
    scale = tuple((*(VOXEL[i] if i == j else 0.0 for j in range(3)), 0.0) for i in range(3))
    for number, (name, rows) in enumerate(tiles):
        groups.append(_group(name, "", "image", name))
        members.append(SceneMemberRecord("", name, True))
        at = len(systems)
        systems.append(SystemRecord(name, "", "physical", "declared", 0, ZYX, 3))
        systems.append(SystemRecord(name, "0", "", "array", 0, GRID, 3))
        images.append(ImageRecord(name, 0, name, "zyx", SHAPE, "uint16", at, VOXEL, None))
        levels.append(LevelRecord(name, 0, 0, "0", SHAPE, (16, 64, 64), "uint16", at + 1))
        pointer = "/ome/multiscales/0/datasets/0/coordinateTransformations/0"
        edges += [
            _edge(name, pointer, at + 1, at, scale, "dataset"),
            _edge("", f"/ome/scene/coordinateTransformations/{number}", at, 0, rows, "scene"),
        ]
    return HierarchyRecord(
        url=url,
        digest=url.encode(),
        manifest=(ManifestEntry("", 1, 2),),
        groups=tuple(groups),
        scenes=(SceneRecord("", None),),
        members=tuple(members),
        images=tuple(images),
        levels=tuple(levels),
        systems=tuple(systems),
        transformations=tuple(edges),
        extents=extents(url, systems, edges, images, levels),
    )


def _group(path: str, parent: str | None, kind: str, name: str) -> GroupRecord:
    return GroupRecord(
        path=path,
        parent=parent,
        kind=kind,  # type: ignore[arg-type]
        name=name,
        ome_version="0.6",
        zarr_format=3,
        mtime_ns=1_700_000_000_000_000_000,
        size=1234,
        digest=b"0123456789abcdef",
        attributes='{"ome": {"version": "0.6"}}',
    )


def _edge(  # noqa: PLR0917
    group: str, pointer: str, one: int, other: int, rows: Rows, origin: str
) -> TransformationRecord:
    return TransformationRecord(
        *(group, pointer, None, "affine", one, other, '{"type":"affine"}', rows, None),
        *("closed", origin, 0 if origin == "dataset" else None),  # type: ignore[arg-type]
    )
