"""Scenes and images as pydantic models, and hierarchies on disk as graphs.

`Scene` and `Image` build on pydantic-zarr and load zarr; `open_hierarchy` reads
metadata documents alone and loads neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catalog.metadata.scene import BaseSceneAttrs as BaseSceneAttrs
    from catalog.metadata.scene import SceneAttrs as SceneAttrs
    from catalog.scene.image import BaseImageAttrs as BaseImageAttrs
    from catalog.scene.image import Image as Image
    from catalog.scene.opening import open_hierarchy as open_hierarchy
    from catalog.scene.scene import Scene as Scene

_HOMES = {
    "BaseImageAttrs": "catalog.scene.image",
    "BaseSceneAttrs": "catalog.metadata.scene",
    "Image": "catalog.scene.image",
    "Scene": "catalog.scene.scene",
    "SceneAttrs": "catalog.metadata.scene",
    "open_hierarchy": "catalog.scene.opening",
}

__all__ = [
    "BaseImageAttrs",
    "BaseSceneAttrs",
    "Image",
    "Scene",
    "SceneAttrs",
    "open_hierarchy",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'catalog.scene' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
