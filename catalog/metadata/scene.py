"""Scenes: the `scene` metadata (OME-Zarr 0.6)."""

from __future__ import annotations

from catalog.metadata.axes import CoordinateSystem
from catalog.metadata.base import Model
from catalog.metadata.dialects import v06dev
from catalog.metadata.dialects.trace import Trace
from catalog.metadata.transformations import AnyTransform


class SceneAttrs(Model):
    """What `ome.scene` holds."""

    coordinateTransformations: tuple[AnyTransform, ...] = ()
    coordinateSystems: tuple[CoordinateSystem, ...] | None = None

    @classmethod
    def normal_form(cls, value: object) -> object:
        """Return a scene of any version in the form of 0.6."""
        if not isinstance(value, dict):
            return value
        return v06dev.normal_scene(value, Trace(), ())[0]


class BaseSceneAttrs(Model):
    """What `ome` holds in a scene's group."""

    version: str
    scene: SceneAttrs

    @classmethod
    def normal_form(cls, value: object) -> object:
        """Return `ome` of any version in the form of 0.6: dev1 and dev2 had no key `scene`."""
        normal = super().normal_form(value)
        if not isinstance(normal, dict) or "scene" in normal:
            return normal
        keys = ("coordinateSystems", "coordinateTransformations")
        scene = {key: normal.pop(key) for key in keys if key in normal}
        return {**normal, "scene": scene} if scene else normal
