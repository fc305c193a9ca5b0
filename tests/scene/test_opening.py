"""`open_hierarchy`: a folder on disk as a graph."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catalog import CatalogError, DocumentError, StoreError
from catalog.scene import open_hierarchy


@pytest.mark.parametrize(
    ("name", "source", "target", "moved"),
    [
        ("tiles.zarr", "tiles/t01/0#", "world", [0, 0.3, 28.8]),
        ("tiles.zarr/tiles/t01", "0#", "physical", [0, 0, 0]),
        ("embryo.zarr", "0#", "physical", [0, 0, 0, 0, 0]),
        ("plate.zarr", "A/2/1/0#", "A/2/1#physical", [0, 0]),
        ("slides.zarr", "1/1#", "1#physical", [0, 0, 0]),
        ("registration.zarr", "moving#stage", "atlas", [-2.425, 76, -50.125]),
    ],
)
def test_moves_points(
    scenes: Path, name: str, source: str, target: str, moved: list[float]
) -> None:
    graph = open_hierarchy(scenes / name)
    origin = np.zeros((1, len(moved)))
    np.testing.assert_allclose(graph.transform(origin, source, target), [moved], atol=1e-9)


def test_a_path_may_be_text_or_a_url(scenes: Path) -> None:
    for path in (str(scenes / "embryo.zarr"), (scenes / "embryo.zarr").as_uri()):
        assert len(open_hierarchy(path).systems) == 3


def test_a_broken_scene_keeps_its_good_parts(scenes: Path) -> None:
    graph = open_hierarchy(scenes / "broken.zarr")
    assert graph.transform([[1, 1, 1]], "section/0#", "section#physical").tolist() == [
        [2, 0.5, 0.5]
    ]


def test_what_cannot_be_opened_is_an_error_in_words(tmp_path: Path, write_node: Any) -> None:
    with pytest.raises(StoreError):
        open_hierarchy(tmp_path / "nowhere.zarr")
    (tmp_path / "file.zarr").write_text("{}")
    with pytest.raises(CatalogError):
        open_hierarchy(tmp_path / "file.zarr")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CatalogError):
        open_hierarchy(tmp_path / "empty")
    write_node("plain.zarr", {"lab": 7})
    with pytest.raises(DocumentError, match="no OME-Zarr metadata"):
        open_hierarchy(tmp_path / "plain.zarr")


@pytest.mark.parametrize("place", ["s3", "web", "zip", "zip on the web"])
def test_it_may_lie_elsewhere(
    scenes: Path, bucket: Any, web_server: Any, tmp_path: Path, place: str
) -> None:
    if place == "s3":
        shutil.copytree(scenes / "registration.zarr", bucket.folder / "r.zarr")
        url = f"{bucket.url}/r.zarr"
    elif place == "web":
        url = f"{web_server(scenes, listing=False).url}/registration.zarr"
    else:
        shutil.make_archive(str(tmp_path / "r"), "zip", scenes / "registration.zarr")
        url = str(tmp_path / "r.zip") if place == "zip" else f"{web_server(tmp_path).url}/r.zip"
    here = open_hierarchy(scenes / "registration.zarr")
    there = open_hierarchy(url)
    ends = ("moving#stage", "atlas")
    assert there.transform([[0, 0, 0]], *ends) == pytest.approx(here.transform([[0, 0, 0]], *ends))
    assert set(there.systems) == set(here.systems)
