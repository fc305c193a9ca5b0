"""Images as pydantic models (OME-Zarr 0.6, "multiscales" metadata)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field, JsonValue, model_validator

from catalog.metadata.axes import CoordinateSystem, CoordinateSystemIdentifier
from catalog.metadata.base import Model
from catalog.metadata.image import Dataset, Multiscale
from catalog.metadata.nodes import GroupNode
from catalog.metadata.transformations import AnyTransform, Scale, Translation
from catalog.metadata.transformations import Sequence as SequenceOfTransformations
from catalog.scene.group import OmeGroup
from catalog.scene.normal_form import VERSION
from catalog.scene.specs import AnyArray, flattened, nested

if TYPE_CHECKING:
    from pydantic_zarr.v3 import ArraySpec


class BaseImageAttrs(Model):
    """What `ome` holds in an image's group."""

    version: str = VERSION
    multiscales: tuple[Multiscale, ...] = Field(min_length=1)


class ImageGroupAttrs(Model):
    """The attributes of an image's group."""

    ome: BaseImageAttrs


class Image(OmeGroup[ImageGroupAttrs]):
    """An image: a group of resolution levels, with everything below it (labels, fields)."""

    what: ClassVar[str] = "image"

    @classmethod
    def _expect(cls, node: GroupNode | None) -> None:
        if node is None:
            raise ValueError("the group holds no OME-Zarr metadata")
        if not node.images:
            raise ValueError(f"the group is a {node.kind}: it has no multiscales metadata")

    @classmethod
    def new(
        cls,
        *,
        array_specs: Sequence[ArraySpec],  # type: ignore[type-arg]
        paths: Sequence[str],
        scales: Sequence[Sequence[float]],
        translations: Sequence[Sequence[float] | None],
        physical_coord_system: CoordinateSystem,
        name: str,
        multiscale_type: str | None = None,
        metadata: JsonValue | None = None,
        coord_transforms: Sequence[AnyTransform] = (),
        coord_systems: Sequence[CoordinateSystem] = (),
    ) -> Self:
        """Make an image from its resolution levels. No array data is stored.

        Parameters
        ----------
        array_specs
            One array for each resolution level, finest first.
        paths
            Where each array lies in the image's group.
        scales, translations
            For each array the factors and, applied after them, the shift (or None) from
            its indices to `physical_coord_system`; one number for each axis.
        physical_coord_system
            The intrinsic system: where all levels are placed.
        name
            The image's name.
        multiscale_type, metadata
            How the levels were made.
        coord_transforms, coord_systems
            More systems of this image, and the transformations to them.

        Raises
        ------
        ValueError
            The sequences differ in length, or an array does not fit the axes.
        """
        for what, given in (
            ("paths", paths),
            ("scales", scales),
            ("translations", translations),
        ):
            if len(given) != len(array_specs):
                raise ValueError(
                    f"There are {len(array_specs)} arrays and {len(given)} {what}: "
                    "each array needs one"
                )
        multiscale = Multiscale(
            name=name,
            type=multiscale_type,
            metadata=metadata,
            coordinateSystems=(physical_coord_system, *coord_systems),
            datasets=tuple(
                Dataset(
                    path=path,
                    coordinateTransformations=(
                        _to_intrinsic(path, scale, shift, physical_coord_system.name),
                    ),
                )
                for path, scale, shift in zip(paths, scales, translations, strict=True)
            ),
            coordinateTransformations=tuple(coord_transforms),
        )
        return cls(
            attributes=ImageGroupAttrs(ome=BaseImageAttrs(multiscales=(multiscale,))),
            members=nested(
                {path.strip("/"): spec for path, spec in zip(paths, array_specs, strict=True)}
            ),
        )

    @property
    def ome_attributes(self) -> BaseImageAttrs:
        """The OME-Zarr metadata of the image's group."""
        return self.attributes.ome

    @property
    def ome_zarr_version(self) -> str:
        """The OME-Zarr version of the model."""
        return self.attributes.ome.version

    @property
    def datasets(self) -> tuple[tuple[Dataset, ...], ...]:
        """The resolution levels of each `multiscales` entry, finest first."""
        return tuple(multiscale.datasets for multiscale in self.ome_attributes.multiscales)

    @model_validator(mode="after")
    def _arrays_fit(self) -> Self:
        """Check that the arrays which are there have as many dimensions as there are axes.

        An array that is missing is missing data, not wrong metadata.
        """
        below = flattened(self.members)
        for multiscale in self.ome_attributes.multiscales:
            for dataset in multiscale.datasets:
                node = below.get(dataset.path.strip("/"))
                if node is None:
                    continue
                if node.node_type == "group":
                    raise ValueError(f"{dataset.path} is a group, and a dataset is an array")
                ndim = _ndim(multiscale, dataset)
                if ndim is not None and len(node.shape) != ndim:
                    raise ValueError(
                        f"The array {dataset.path} has {len(node.shape)} dimensions, and the "
                        f"coordinate system of its image has {ndim} axes"
                    )
        return self


def _ndim(multiscale: Multiscale, dataset: Dataset) -> int | None:
    """Count the axes of the intrinsic system, where it is one and the transformation keeps them."""
    for transformation in dataset.coordinateTransformations:
        if transformation.type not in ("identity", "scale", "translation", "sequence"):
            return None
        end = transformation.output
        for system in multiscale.coordinateSystems:
            if end is not None and system.name == end.name and not end.path:
                return system.ndim
    return None


def _to_intrinsic(
    path: str, scale: Sequence[float], shift: Sequence[float] | None, name: str
) -> Scale | SequenceOfTransformations:
    ends = {
        "input": CoordinateSystemIdentifier(path=path),
        "output": CoordinateSystemIdentifier(name=name),
    }
    if shift is None:
        return Scale(scale=tuple(scale), **ends)
    return SequenceOfTransformations(
        transformations=(
            Scale(scale=tuple(scale)),
            Translation(translation=tuple(shift)),
        ),
        **ends,
    )


__all__ = ["AnyArray", "BaseImageAttrs", "Image", "ImageGroupAttrs"]
