"""What `show` answers, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from catalog.query.listings import AxisListing, ProblemListing

Matrix = tuple[tuple[float, ...], ...]


class LevelShown(NamedTuple):
    """A resolution level of an image."""

    level: int
    path: str
    shape: tuple[int, ...] | None
    chunks: tuple[int, ...] | None
    dtype: str | None
    system: str | None


class ChannelShown(NamedTuple):
    """A channel of an image."""

    label: str | None
    color: str | None


class MemberShown(NamedTuple):
    """A scene of an image, or an image of a scene; `referenced` as in `scene_image`."""

    url: str
    name: str | None
    referenced: bool


class SystemBrief(NamedTuple):
    """A coordinate system of a group."""

    id: int
    address: str
    axes: tuple[str, ...]
    kind: str


class TransformationBrief(NamedTuple):
    """An edge, by its ends."""

    id: int
    name: str | None
    type: str
    input: str
    output: str
    origin: str
    invertibility: str


class ChildShown(NamedTuple):
    """A recorded group directly below."""

    url: str
    kind: str


@dataclass(frozen=True)
class ExtentShown:
    """Where an image lies: its box in the reference system of its component.

    Attributes
    ----------
    reference
        Address of the reference system; None when nothing connects the image with one.
    axes
        Names of its axes; None where they are unknown.
    low, high
        None when it cannot be placed; `reason` says why.
    approximate
        The box was found by sampling, and widened.
    """

    reference: str | None
    axes: tuple[str, ...] | None
    low: tuple[float, ...] | None
    high: tuple[float, ...] | None
    approximate: bool
    reason: str | None


@dataclass(frozen=True)
class ImageShown:
    """One entry of `multiscales`."""

    id: int
    entry: int
    name: str | None
    axes: str
    shape: tuple[int, ...] | None
    dtype: str | None
    pixel_sizes: tuple[float, ...] | None
    intrinsic_system: str | None
    label_of: str | None
    levels: tuple[LevelShown, ...]
    extent: ExtentShown | None = None


@dataclass(frozen=True)
class SceneShown:
    """A scene with its images.

    Attributes
    ----------
    references
        Addresses of the reference systems of the components that it is part of.
    """

    name: str | None
    images: tuple[MemberShown, ...]
    references: tuple[str, ...] = ()


class TermShown(NamedTuple):
    """An organism or a modality that an RO-Crate names."""

    identifier: str
    label: str | None


@dataclass(frozen=True)
class CrateShown:
    """What the RO-Crate of a hierarchy says of all that lies in it."""

    name: str | None
    description: str | None
    license: str | None
    organisms: tuple[TermShown, ...]
    modalities: tuple[TermShown, ...]


@dataclass(frozen=True)
class PlateShown:
    """A plate."""

    name: str | None
    rows: int
    columns: int
    wells: int
    field_count: int | None
    acquisitions: int


@dataclass(frozen=True)
class WellShown:
    """A well."""

    plate: str | None
    row: str | None
    column: str | None
    fields: int


@dataclass(frozen=True)
class GroupShown:
    """A group and everything recorded about it.

    Attributes
    ----------
    scenes
        The scenes that its images are a part of.
    labels
        URLs of the label images that annotate it.
    crate
        The RO-Crate of its hierarchy, if there is one.
    """

    id: int
    url: str
    kind: str
    ome_version: str
    zarr_format: int
    hierarchy: str
    indexed_at: datetime
    scene: SceneShown | None
    images: tuple[ImageShown, ...]
    channels: tuple[ChannelShown, ...]
    scenes: tuple[MemberShown, ...]
    labels: tuple[str, ...]
    plate: PlateShown | None
    well: WellShown | None
    children: tuple[ChildShown, ...]
    systems: tuple[SystemBrief, ...]
    transformations: tuple[TransformationBrief, ...]
    problems: tuple[ProblemListing, ...]
    crate: CrateShown | None = None


@dataclass(frozen=True)
class SystemShown:
    """A coordinate system, its axes, and the transformations from and to it.

    Attributes
    ----------
    reference
        Address of the reference system of its component, in which images are placed; None
        where the component has no images.
    """

    id: int
    address: str
    kind: str
    group: str
    axes: tuple[AxisListing, ...] | None
    ndim: int | None
    component: int
    component_systems: int
    image: str | None
    transformations: tuple[TransformationBrief, ...]
    reference: str | None = None


@dataclass(frozen=True)
class TransformationShown:
    """A transformation with its parameters, in the form of OME-Zarr 0.6."""

    id: int
    name: str | None
    type: str
    input: str
    output: str
    origin: str
    invertibility: str
    declared_in: str
    pointer: str
    component: int
    parameters: dict[str, object]
    affine: Matrix | None
    inverse_affine: Matrix | None


Shown = GroupShown | SystemShown | TransformationShown
