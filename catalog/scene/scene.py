"""Scenes as pydantic models (OME-Zarr 0.6, "scene" metadata)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import zarr
from pydantic_zarr.v3 import GroupSpec

from catalog.metadata.assembly import join
from catalog.metadata.axes import CoordinateSystem
from catalog.metadata.base import Model
from catalog.metadata.nodes import GroupNode
from catalog.metadata.scene import BaseSceneAttrs, SceneAttrs
from catalog.metadata.transformations import (
    AnyTransform,
    Bijection,
    ByDimension,
    Coordinates,
    Displacements,
)
from catalog.metadata.transformations import Sequence as SequenceOfTransformations
from catalog.scene.group import OmeGroup
from catalog.scene.image import Image
from catalog.scene.normal_form import VERSION
from catalog.scene.specs import AnySpec, nested, plain


class SceneGroupAttrs(Model):
    """The attributes of a scene's group."""

    ome: BaseSceneAttrs


class Scene(OmeGroup[SceneGroupAttrs]):
    """A scene: images, and the transformations between their coordinate systems.

    Examples
    --------
    >>> import zarr
    >>> from catalog import Scene
    >>> scene = Scene.from_zarr(zarr.open_group("scenes/tiles.zarr"))  # doctest: +SKIP
    >>> list(scene.images)  # doctest: +SKIP
    ['tiles/t00', 'tiles/t01', 'tiles/t10', 'tiles/t11']
    >>> graph = scene.transform_graph()  # doctest: +SKIP
    >>> graph.transform([[0, 0, 0]], "tiles/t01/0#", "world")  # doctest: +SKIP
    """

    what: ClassVar[str] = "scene"

    @classmethod
    def _expect(cls, node: GroupNode | None) -> None:
        if node is None:
            raise ValueError("the group holds no OME-Zarr metadata")
        if node.scene is None:
            hint = ": read it with Image.from_zarr" if node.images else ""
            article = "an" if node.kind == "image" else "a"
            raise ValueError(f"the group is {article} {node.kind} and has no scene metadata{hint}")

    @classmethod
    def new(
        cls,
        *,
        images: dict[str, Image],
        coord_transforms: Sequence[AnyTransform] = (),
        coord_systems: Sequence[CoordinateSystem] = (),
    ) -> Scene:
        """Make a scene from images. No array data is stored.

        Write it with `to_zarr`, and then the data of its arrays.

        Parameters
        ----------
        images
            By location in the scene, which may be nested (``tiles/t0``).
        coord_transforms
            Transformations between systems of the scene and of its images.
        coord_systems
            The scene's own coordinate systems.
        """
        specs: dict[str, AnySpec] = {
            location.strip("/"): GroupSpec(
                attributes=plain(image.attributes), members=image.members
            )
            for location, image in images.items()
        }
        scene = SceneAttrs(
            coordinateTransformations=tuple(coord_transforms),
            coordinateSystems=tuple(coord_systems),
        )
        return cls(
            attributes=SceneGroupAttrs(ome=BaseSceneAttrs(version=VERSION, scene=scene)),
            members=nested(specs),
        )

    @property
    def ome_attributes(self) -> BaseSceneAttrs:
        """The OME-Zarr metadata of the scene's group."""
        return self.attributes.ome

    @property
    def ome_zarr_version(self) -> str:
        """The OME-Zarr version of the model."""
        return self.attributes.ome.version

    @property
    def images(self) -> dict[str, Image]:
        """The images below the scene, by location, sorted; of nested scenes too.

        Label images belong to their image, and displacement and coordinate fields to
        their transformation: they are not listed.
        """
        fields = set(_fields(self))
        return {
            location: self._image(location, spec)
            for location, spec in sorted(_images(self.members, ""))
            if location not in fields
        }

    def _image(self, location: str, spec: GroupSpec) -> Image:  # type: ignore[type-arg]
        image = Image(attributes=plain(spec.attributes), members=spec.members)
        if self._source.group is not None:
            found = self._source.group.get(location)
            image._source.group = found if isinstance(found, zarr.Group) else None
        return image


def _images(members: Mapping[str, AnySpec] | None, prefix: str) -> Iterator[tuple[str, GroupSpec]]:  # type: ignore[type-arg]
    for name, member in (members or {}).items():
        if isinstance(member, GroupSpec):
            ome = plain(member.attributes).get("ome")
            parts = ome if isinstance(ome, Mapping) else {}
            if parts.get("multiscales"):
                yield prefix + name, member
            if "multiscales" not in parts or "scene" in parts:
                yield from _images(member.members, f"{prefix}{name}/")


def _fields(scene: Scene) -> Iterator[str]:
    """Find where the fields lie that the scene's own transformations name."""
    for transformation in scene.ome_attributes.scene.coordinateTransformations:
        for path in _field_paths(transformation):
            location = join("", path)
            if location is not None:
                yield location


def _field_paths(transformation: AnyTransform) -> Iterator[str]:
    match transformation:
        case Displacements() | Coordinates():
            yield transformation.path
        case SequenceOfTransformations():
            for step in transformation.transformations:
                yield from _field_paths(step)
        case Bijection():
            yield from _field_paths(transformation.forward)
            yield from _field_paths(transformation.inverse)
        case ByDimension():
            for item in transformation.transformations:
                yield from _field_paths(item.transformation)
