"""Axes and coordinate systems (OME-Zarr 0.6, "coordinateSystems" metadata)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from catalog.metadata.base import Model


class Axis(Model):
    """One axis of a coordinate system."""

    name: str
    type: str | None = None
    discrete: Annotated[bool, Field(strict=True)] | None = None
    unit: str | None = None
    longName: str | None = None


class CoordinateSystem(Model):
    """A named coordinate system with its axes, in order."""

    name: str = Field(min_length=1)
    axes: tuple[Axis, ...] = Field(min_length=1)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.axes)


class CoordinateSystemIdentifier(Model):
    """One end of a transformation: a system by name, in this document or at `path`.

    In a dataset the input has a `path` alone: the array's own system.
    """

    name: str | None = None
    path: str | None = None
