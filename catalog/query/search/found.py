"""What a search finds, as frozen values; each kind of thing has its own columns."""

from __future__ import annotations

from typing import NamedTuple


class ImageFound(NamedTuple):
    """An image. `name` is that of its group where it has none itself."""

    id: int
    name: str
    url: str
    entry: int
    version: str
    zarr_format: int
    axes: str
    shape: tuple[int, ...] | None
    dtype: str | None
    pixel_sizes: tuple[float, ...] | None
    voxel_size_z: float | None
    voxel_size_y: float | None
    voxel_size_x: float | None
    time_step: float | None
    levels: int
    channels: int
    labels: int
    bytes: int | None


class LabelFound(NamedTuple):
    """A label image; `label_of` is the URL of the image that it annotates."""

    id: int
    name: str
    url: str
    entry: int
    version: str
    zarr_format: int
    axes: str
    shape: tuple[int, ...] | None
    dtype: str | None
    pixel_sizes: tuple[float, ...] | None
    levels: int
    label_of: str | None


class ImagePlaced(NamedTuple):
    """An image at a place; `approximate`: it may lie beside it."""

    id: int
    name: str
    url: str
    entry: int
    version: str
    zarr_format: int
    axes: str
    shape: tuple[int, ...] | None
    dtype: str | None
    pixel_sizes: tuple[float, ...] | None
    voxel_size_z: float | None
    voxel_size_y: float | None
    voxel_size_x: float | None
    time_step: float | None
    levels: int
    channels: int
    labels: int
    bytes: int | None
    approximate: bool


class LabelPlaced(NamedTuple):
    """A label image at a place; `approximate`: it may lie beside it."""

    id: int
    name: str
    url: str
    entry: int
    version: str
    zarr_format: int
    axes: str
    shape: tuple[int, ...] | None
    dtype: str | None
    pixel_sizes: tuple[float, ...] | None
    levels: int
    label_of: str | None
    approximate: bool


class SceneFound(NamedTuple):
    """A scene."""

    id: int
    name: str
    url: str
    version: str
    images: int
    coordinate_systems: int
    transformations: int


class PlateFound(NamedTuple):
    """A plate."""

    id: int
    name: str
    url: str
    version: str
    rows: int
    columns: int
    wells: int
    field_count: int | None
    acquisitions: int


class SystemFound(NamedTuple):
    """A coordinate system."""

    id: int
    address: str
    name: str
    kind: str
    axes: str | None
    ndim: int | None
    component: int


class TransformationFound(NamedTuple):
    """A transformation, from the address of a coordinate system to another."""

    id: int
    name: str | None
    type: str
    input: str
    output: str
    origin: str
    invertibility: str
    url: str
    pointer: str
    component: int


Found = (
    ImageFound
    | LabelFound
    | ImagePlaced
    | LabelPlaced
    | SceneFound
    | PlateFound
    | SystemFound
    | TransformationFound
)


class FacetValue(NamedTuple):
    """How many of the things found have a value in a field; None: how many have none."""

    field: str
    value: str | int | float | bool | None
    count: int  # type: ignore[assignment]  # `tuple.count` is of no use here
