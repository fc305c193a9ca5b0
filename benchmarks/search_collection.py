"""Records of a collection that looks like one of a facility, the same one every time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random

from catalog.crawl.extents import extents
from catalog.crawl.records import (
    AxisRecord,
    ChannelRecord,
    CrateRecord,
    CrateTermRecord,
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

IMAGES = 5
LEVELS = 3
DTYPES = ("uint16", "uint16", "uint16", "uint8", "uint8", "float32", "int16")
VOXELS = (0.1083, 0.162, 0.2, 0.325, 0.5, 0.65, 1.0, 2.0)
ORGANS = ("brain", "kidney", "heart", "liver", "lung", "retina", "spleen", "colon")
SPECIES = {
    "Mus musculus": "NCBITaxon:10090",
    "Rattus norvegicus": "NCBITaxon:10116",
    "Danio rerio": "NCBITaxon:7955",
    "Homo sapiens": "NCBITaxon:9606",
}
METHODS = ("FBbi:00000251", "FBbi:00000246", "FBbi:00000369")
DYES = ("DAPI", "GFP", "mCherry", "Alexa 488", "Alexa 568", "Alexa 647", "Hoechst", "Cy5")
PEOPLE = ("müller", "garcía", "tanaka", "okafor", "smith", "novák", "rossi", "silva")
LAYOUTS = {
    names: tuple(
        AxisRecord(
            name,
            {"t": "time", "c": "channel"}.get(name, "space"),
            {"t": "second", "c": None}.get(name, "micrometer"),
            None,
            None,
        )
        for name in names
    )
    for names in ("zyx", "czyx", "tczyx", "yx", "cyx")
}
GRIDS = {
    count: tuple(AxisRecord(f"dim_{i}", "array", None, True, None) for i in range(count))
    for count in range(2, 6)
}


SEED = 4


def scenes(count: int) -> Iterator[HierarchyRecord]:
    """Yield scenes of five images with three levels each."""
    for number in range(count):
        yield scene(number)


def scene(number: int) -> HierarchyRecord:
    """Make a scene: what it is of, who made it, and images that share most of that."""
    random = Random(SEED * 1_000_003 + number)
    organ, person = random.choice(ORGANS), random.choice(PEOPLE)
    name = f"{organ} {number:06}"
    url = (
        f"file:///data/lab{number % 40:02}/{person}/run_{number // 200:04}/{organ}_{number:06}.zarr"
    )
    axes = random.choice(("zyx", "czyx", "czyx", "tczyx", "yx", "cyx"))
    version = random.choice(("0.6", "0.6", "0.6", "0.5", "0.4"))
    voxel = random.choice(VOXELS) * (1 + number % 97 / 100_000)
    shape = tuple(
        {
            "t": random.choice((1, 12, 60)),
            "c": random.choice((1, 2, 3, 4)),
            "z": number % 300 + 1,
        }.get(axis, random.choice((512, 1024, 2048, 4096)))
        for axis in axes
    )
    layout, grid = LAYOUTS[axes], GRIDS[len(axes)]
    dyes = random.sample(DYES, shape[axes.index("c")] if "c" in axes else 1)
    steps = tuple({"t": 30.0, "c": 1.0, "z": voxel * 3}.get(axis, voxel) for axis in axes)
    about = {"species": random.choice(tuple(SPECIES)), "stage": f"P{random.randrange(60)}"}
    systems = [SystemRecord("", "", "world", "declared", None, layout, len(axes))]
    groups = [_group("", None, "scene", url, version, {"ome": {"version": version}})]
    images, levels, channels, edges, members = [], [], [], [], []
    for tile in range(IMAGES):
        path = f"tile_{tile}"
        groups.append(_group(path, "", "image", path, version, {"ome": {}, **about}))
        members.append(SceneMemberRecord("", path, True))
        intrinsic = len(systems)
        systems.append(SystemRecord(path, "", "physical", "declared", 0, layout, len(axes)))
        dtype = random.choice(DTYPES)
        images.append(
            ImageRecord(
                *(path, 0, f"{organ} {number:06} tile {tile}", axes, shape, dtype, intrinsic),
                *(steps, None),
            )
        )
        channels += [
            ChannelRecord(path, index, dye, "00FF00", True) for index, dye in enumerate(dyes)
        ]
        for level in range(LEVELS):
            size = tuple(
                n if axis in "tc" else max(n >> level, 1)
                for axis, n in zip(axes, shape, strict=True)
            )
            at = len(systems)
            systems.append(SystemRecord(path, str(level), "", "array", 0, grid, len(axes)))
            levels.append(LevelRecord(path, 0, level, str(level), size, size, dtype, at))
            edges.append(_scale(path, level, at, intrinsic, steps))
        edges.append(_move(tile, intrinsic, len(axes)))
    return HierarchyRecord(
        url=url,
        digest=number.to_bytes(16, "big"),
        manifest=tuple(ManifestEntry(group.path, 1, 2) for group in groups),
        groups=tuple(groups),
        scenes=(SceneRecord("", name),),
        members=tuple(members),
        images=tuple(images),
        levels=tuple(levels),
        channels=tuple(channels),
        systems=tuple(systems),
        transformations=tuple(edges),
        extents=extents(url, systems, edges, images, levels),
        crate=None if number % 5 == 4 else _crate(about["species"], number),
    )


def _crate(species: str, number: int) -> CrateRecord:
    terms = (
        # As of most crates: identifiers alone.
        CrateTermRecord("organism", SPECIES[species], None if number % 5 else species),
        CrateTermRecord("modality", METHODS[number % len(METHODS)], None),
    )
    return CrateRecord(None, None, "https://creativecommons.org/licenses/by/4.0/", "{}", terms)


def _group(  # noqa: PLR0917
    path: str, parent: str | None, kind: str, name: str, version: str, attributes: dict[str, object]
) -> GroupRecord:
    return GroupRecord(
        path=path,
        parent=parent,
        kind=kind,  # type: ignore[arg-type]
        name=name.rpartition("/")[2],
        ome_version=version,
        zarr_format=2 if version == "0.4" else 3,
        mtime_ns=1_700_000_000_000_000_000,
        size=1234,
        digest=b"0123456789abcdef",
        attributes=json.dumps(attributes),
        free_text=tuple(f"{k} {v}" for k, v in attributes.items() if isinstance(v, str)),
    )


def _matrix(diagonal: tuple[float, ...], moved: tuple[float, ...]) -> tuple[tuple[float, ...], ...]:
    size = len(diagonal)
    return tuple(
        (*(diagonal[row] if row == column else 0.0 for column in range(size)), moved[row])
        for row in range(size)
    )


def _scale(
    path: str, level: int, at: int, intrinsic: int, steps: tuple[float, ...]
) -> TransformationRecord:
    scale = tuple(step * 2**level for step in steps)
    return TransformationRecord(
        *(path, f"/ome/multiscales/0/datasets/{level}/coordinateTransformations/0", None, "scale"),
        *(
            at,
            intrinsic,
            json.dumps({"type": "scale", "scale": scale}),
            _matrix(scale, (0.0,) * len(scale)),
            None,
        ),
        *("closed", "dataset", 0),
    )


def _move(tile: int, intrinsic: int, ndim: int) -> TransformationRecord:
    moved = (*[0.0] * (ndim - 1), 460.0 * tile)
    return TransformationRecord(
        *("", f"/ome/scene/coordinateTransformations/{tile}", f"tile {tile} to world"),
        *("translation", intrinsic, 0, json.dumps({"type": "translation", "translation": moved})),
        *(_matrix((1.0,) * ndim, moved), None, "closed", "scene", None),
    )
