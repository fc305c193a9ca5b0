"""The example stores, written once; and a writer of documents as they are given."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import zarr

WriteNode = Callable[..., None]


@pytest.fixture(scope="session")
def write_scenes() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "examples" / "write_scenes.py"
    spec = importlib.util.spec_from_file_location("write_scenes", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def scenes(write_scenes: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scenes")
    write_scenes.write_all(folder)
    return folder


@pytest.fixture
def write_node(tmp_path: Path) -> WriteNode:
    """Write a group with these attributes, or an array of this shape, below `tmp_path`."""

    def write(
        location: str,
        attributes: dict[str, Any] | None = None,
        *,
        shape: tuple[int, ...] | None = None,
        zarr_format: Any = 3,
    ) -> None:
        place = tmp_path / location
        if shape is None:
            group = zarr.open_group(place, mode="a", zarr_format=zarr_format)
            group.update_attributes(attributes or {})
        else:
            zarr.create_array(
                place,
                shape=shape,
                dtype="uint8",
                zarr_format=zarr_format,
                attributes=attributes or {},
            )

    return write
