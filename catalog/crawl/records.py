"""What a crawl finds, as frozen values: the only thing that passes from a crawl to the database.

A record is plain data (strings, numbers, tuples, bytes): cheap to pickle, so that a
worker in another process or on another machine can send it to the one writer.
Places inside a hierarchy are paths from its root (``""`` for the root itself).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from catalog.stores.url import join, relative

if TYPE_CHECKING:
    # Names of types alone: what handles records need not load what makes them.
    from catalog.metadata.assembly import Origin, SystemKind
    from catalog.metadata.crate import TermKind
    from catalog.metadata.nodes import GroupKind
    from catalog.metadata.problems import Severity


class AxisRecord(NamedTuple):
    """One axis of a layout."""

    name: str
    type: str | None
    unit: str | None
    discrete: bool | None
    long_name: str | None


class GroupRecord(NamedTuple):
    """An OME-Zarr group.

    Attributes
    ----------
    attributes
        JSON text of its attributes as they stood.
    free_text
        What these say beside OME-Zarr: texts to be searched.
    """

    path: str
    parent: str | None
    kind: GroupKind
    name: str
    ome_version: str
    zarr_format: int
    mtime_ns: int | None
    size: int | None
    digest: bytes
    attributes: str
    free_text: tuple[str, ...] = ()


class SceneRecord(NamedTuple):
    """A scene."""

    group: str
    name: str | None


class SceneMemberRecord(NamedTuple):
    """An image that a scene refers to (or, unreferenced, that lies in its group)."""

    scene: str
    image: str
    referenced: bool


class ImageRecord(NamedTuple):
    """One entry of `multiscales`.

    Attributes
    ----------
    axes
        Names of the axes joined when each is one letter (``tczyx``), else by commas.
    shape, dtype
        Of the first resolution level; None when its array is missing.
    intrinsic
        Index into `HierarchyRecord.systems` of the intrinsic system; None if none.
    pixel_sizes
        Scale of the first level along each axis, in the axis's unit, when the first
        dataset's transformation is a diagonal affine; else None.
    label_of
        Path of the image that a label image annotates; None when it is not a label.
    """

    group: str
    index: int  # type: ignore[assignment]  # `tuple.index` is of no use here
    name: str | None
    axes: str
    shape: tuple[int, ...] | None
    dtype: str | None
    intrinsic: int | None
    pixel_sizes: tuple[float, ...] | None
    label_of: str | None


class LevelRecord(NamedTuple):
    """A resolution level. `shape` and `dtype` are None when the array is missing."""

    group: str
    image: int
    level: int
    path: str
    shape: tuple[int, ...] | None
    chunks: tuple[int, ...] | None
    dtype: str | None
    system: int | None


class ChannelRecord(NamedTuple):
    """A channel of `omero`."""

    group: str
    index: int  # type: ignore[assignment]  # `tuple.index` is of no use here
    label: str | None
    color: str | None
    active: bool | None


class PlateRecord(NamedTuple):
    """A plate."""

    group: str
    name: str | None
    rows: int
    columns: int
    wells: int
    field_count: int | None
    acquisitions: int


class WellRecord(NamedTuple):
    """A well of a plate. `plate` is None when no plate names it."""

    group: str
    plate: str | None
    row: str | None
    column: str | None
    fields: int


class SystemRecord(NamedTuple):
    """A coordinate system; `array_path` is relative to `group`, empty unless it is an array's."""

    group: str
    array_path: str
    name: str
    kind: SystemKind
    image: int | None
    axes: tuple[AxisRecord, ...] | None
    ndim: int | None


class TransformationRecord(NamedTuple):
    """An edge. `input` and `output` index `HierarchyRecord.systems`.

    Attributes
    ----------
    parameters
        JSON text of the transformation in normal form (0.6).
    affine
        Row-major M x (N+1) matrix as nested tuples, when it is one and is known.
    inverse_affine
        The same for the way back, only where it is stated apart (bijection).
    invertibility
        ``closed``, ``explicit``, ``numeric`` or ``no``.
    """

    group: str
    pointer: str
    name: str | None
    type: str
    input: int
    output: int
    parameters: str
    affine: tuple[tuple[float, ...], ...] | None
    inverse_affine: tuple[tuple[float, ...], ...] | None
    invertibility: str
    origin: Origin
    image: int | None


class ExtentRecord(NamedTuple):
    """Where an image lies: the box of its finest array in its component's reference system.

    `system` and `reference` index `HierarchyRecord.systems`.

    Attributes
    ----------
    group, image
        Group and entry in `multiscales`.
    system, shape
        The finest array whose shape is known; None when there is none.
    reference
        None when nothing connects the image with any system.
    affine
        From indices of the array to the reference system, M rows of N+1 numbers; None
        when it is no affine map, or there is none.
    low, high
        The smallest box around the image, along the axes of the reference system.
    approximate
        The box was found by sampling, and widened.
    reason
        Why the image has no box, in words; None when it has one.
    """

    group: str
    image: int
    system: int | None
    shape: tuple[int, ...] | None
    reference: int | None
    affine: tuple[tuple[float, ...], ...] | None
    low: tuple[float, ...] | None
    high: tuple[float, ...] | None
    approximate: bool
    reason: str | None


class CrateTermRecord(NamedTuple):
    """An organism or a modality that an RO-Crate names; `label` is None if it has none."""

    kind: TermKind
    identifier: str
    label: str | None


class CrateRecord(NamedTuple):
    """The RO-Crate beside the root of a hierarchy; `document` is its JSON text as it stood."""

    name: str | None
    description: str | None
    license: str | None
    document: str
    terms: tuple[CrateTermRecord, ...] = ()


class ProblemRecord(NamedTuple):
    """Something wrong with a document of this hierarchy."""

    location: str
    pointer: str
    code: str
    severity: Severity
    message: str


class ManifestEntry(NamedTuple):
    """What was looked at: a document, or a folder that was listed.

    Two equal manifests mean that nothing has changed.
    """

    path: str
    mtime_ns: int
    size: int


@dataclass(frozen=True, slots=True)
class HierarchyRecord:
    """All that one crawl found in one hierarchy; written as a whole.

    `digest` covers the bytes of every document read: equal digests mean that the
    same documents were met, whatever their times say.
    """

    url: str
    digest: bytes
    manifest: tuple[ManifestEntry, ...]
    groups: tuple[GroupRecord, ...] = ()
    scenes: tuple[SceneRecord, ...] = ()
    members: tuple[SceneMemberRecord, ...] = ()
    images: tuple[ImageRecord, ...] = ()
    levels: tuple[LevelRecord, ...] = ()
    channels: tuple[ChannelRecord, ...] = ()
    plates: tuple[PlateRecord, ...] = ()
    wells: tuple[WellRecord, ...] = ()
    systems: tuple[SystemRecord, ...] = ()
    transformations: tuple[TransformationRecord, ...] = ()
    problems: tuple[ProblemRecord, ...] = ()
    extents: tuple[ExtentRecord, ...] = ()
    crate: CrateRecord | None = None

    def url_of(self, path: str) -> str:
        """Give the URL of a place in this hierarchy, by its path from the root."""
        return join(self.url, path)


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A hierarchy in which nothing has changed.

    `manifest` is given when times have changed and the documents have not.
    """

    url: str
    manifest: tuple[ManifestEntry, ...] | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """A hierarchy that could not be read; `problem` says why.

    `kept`: a part that is recorded cannot be read now, and the record stays as it is.
    """

    url: str
    problem: ProblemRecord
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Ignored:
    """Zarr data without OME-Zarr metadata: not recorded; `message` says what it is."""

    url: str
    message: str


def path_in(root: str, url: str) -> str | None:
    """Give the path from the root of a hierarchy to a URL; None when it is not in there."""
    return relative(url, root)


Outcome = HierarchyRecord | Unchanged | Failed | Ignored
