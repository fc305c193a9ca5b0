"""Plates and wells (high-content screening)."""

from __future__ import annotations

from catalog.metadata.base import Model


class PlateAxisEntry(Model):
    """A row or a column of a plate."""

    name: str


class PlateWell(Model):
    """Where a well lies: its group's path, and its row and column (indices)."""

    path: str
    rowIndex: int | None = None
    columnIndex: int | None = None


class Acquisition(Model):
    """One run of the microscope over a plate."""

    id: int
    name: str | None = None
    maximumfieldcount: int | None = None
    description: str | None = None
    starttime: int | None = None
    endtime: int | None = None


class Plate(Model):
    """What `plate` holds."""

    name: str | None = None
    rows: tuple[PlateAxisEntry, ...] = ()
    columns: tuple[PlateAxisEntry, ...] = ()
    wells: tuple[PlateWell, ...] = ()
    field_count: int | None = None
    acquisitions: tuple[Acquisition, ...] = ()


class WellImage(Model):
    """A field of view of a well."""

    path: str
    acquisition: int | None = None


class Well(Model):
    """What `well` holds."""

    images: tuple[WellImage, ...] = ()
