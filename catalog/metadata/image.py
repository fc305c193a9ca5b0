"""Images: the `multiscales` metadata in normal form (0.6)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from catalog.metadata.axes import CoordinateSystem
from catalog.metadata.base import Model
from catalog.metadata.dialects import v04, v06dev
from catalog.metadata.dialects.trace import Trace
from catalog.metadata.transformations import AnyTransform


class Dataset(Model):
    """One resolution level: an array and its transformation to the intrinsic system."""

    path: str
    coordinateTransformations: tuple[AnyTransform, ...] = ()


class Multiscale(Model):
    """One image: resolution levels, coordinate systems and transformations between them."""

    name: str | None = None
    type: Any = None
    metadata: Any = None
    coordinateSystems: tuple[CoordinateSystem, ...] = ()
    datasets: tuple[Dataset, ...] = Field(min_length=1)
    coordinateTransformations: tuple[AnyTransform, ...] = ()

    @classmethod
    def normal_form(cls, value: object) -> object:
        """Return an entry of `multiscales` of any version in the form of 0.6."""
        if not isinstance(value, dict):
            return value
        if v04.is_v04(value):
            return v04.normal_image(value, Trace(), ())[0]
        return v06dev.normal_image(value, Trace(), ())[0]


class Channel(Model):
    """One channel of `omero` rendering metadata."""

    label: str | int | None = None
    color: str | None = None
    active: bool | None = None
    window: dict[str, Any] | None = None


class Omero(Model):
    """Rendering metadata; transitional in the specification."""

    name: str | None = None
    channels: tuple[Channel, ...] = ()


class ImageLabelSource(Model):
    """The image that a label image annotates, relative to the label image."""

    image: str | None = None


class ImageLabel(Model):
    """What the values of a label image mean."""

    colors: tuple[dict[str, Any], ...] = ()
    properties: tuple[dict[str, Any], ...] = ()
    source: ImageLabelSource | None = None
