"""Fields on the way between systems of a catalog: read from where the hierarchy is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import zarr

from catalog import Catalog
from catalog.errors import FieldError, StoreError

AXES = [{"name": name, "type": "space"} for name in "yx"]
VECTOR = {"name": "d", "type": "displacement"}
ENDS = {"input": {"name": "a"}, "output": {"name": "b"}}


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    """Write a scene below the root of its hierarchy; its fields lie beside and below it."""
    root = zarr.open_group(tmp_path / "data/all.zarr", mode="w")
    root.update_attributes({"ome": {"version": "0.6", "scene": {"coordinateTransformations": []}}})
    scene = root.create_group("sub#1/scene")
    stated = {
        "type": "sequence",
        "transformations": [
            {"type": "displacements", "path": "warp"},
            {"type": "displacements", "path": "/shared/warp"},
        ],
        **ENDS,
    }
    systems = [{"name": name, "axes": AXES} for name in "ab"]
    body = {"coordinateSystems": systems, "coordinateTransformations": [stated]}
    scene.update_attributes({"ome": {"version": "0.6", "scene": body}})
    for place, size in ((scene, 1.0), (root.create_group("shared"), 10.0)):
        place.create_array(
            "warp",
            data=np.full((6, 6, 2), size) * [1.0, -1.0],
            attributes={
                "ome": {
                    "coordinateSystems": [{"name": "in", "axes": [*AXES, VECTOR]}],
                    "coordinateTransformations": [
                        {"type": "scale", "scale": [100.0, 100.0, 1.0], "output": "in"}
                    ],
                }
            },
        )
    return tmp_path / "data"


def test_points_through_fields_there_and_back(database_url: str, collection: Path) -> None:
    with Catalog(database_url) as catalog:
        catalog.init()
        report = catalog.index(collection)
        assert not report.failed
        there = catalog.move([[200.0, 300.0]], "scene#a", "scene#b")
        np.testing.assert_allclose(there.coordinates, [[211.0, 289.0]])
        assert there.notes == ()
        back = catalog.move(there.coordinates, "scene#b", "scene#a")
        np.testing.assert_allclose(back.coordinates, [[200.0, 300.0]])
        assert back.residual == pytest.approx(0.0, abs=1e-6)
        assert len(back.notes) == 2
        (only,) = catalog.paths("scene#a", "scene#b", limit=3)
    # A path lives on without the database.
    assert only.transform([[0.0, 0.0]], outside="clamp").tolist() == [[11.0, -11.0]]


def test_policies_reach_the_fields(database_url: str, collection: Path) -> None:
    with Catalog(database_url) as catalog:
        catalog.init()
        catalog.index(collection)
        far = [[9000.0, 0.0], [100.0, 100.0]]
        with pytest.raises(FieldError, match="1 of 2 points lies outside"):
            catalog.transform(far, "scene#a", "scene#b")
        found = catalog.transform(far, "scene#a", "scene#b", outside="nan")
        assert np.isnan(found[:, 0]).tolist() == [True, False]
        clamped = catalog.transform(np.array([far]), "scene#a", "scene#b", outside="clamp")
        assert clamped.tolist() == [[[9011.0, -11.0], [111.0, 89.0]]]


def test_a_field_that_is_gone_is_said_when_points_come(database_url: str, collection: Path) -> None:
    with Catalog(database_url) as catalog:
        catalog.init()
        catalog.index(collection)
        (collection / "all.zarr/shared/warp").rename(collection / "elsewhere")
        path = catalog.path("scene#a", "scene#b")
        assert not path.exact
        with pytest.raises(StoreError, match="no field at"):
            path.transform([[1.0, 1.0]])
