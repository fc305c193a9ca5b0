"""The twelve coordinate transformations of OME-Zarr 0.6, as frozen models.

They read the form that any version gave a transformation and hold and write that of
0.6. What only the coordinate systems at both ends can tell (axes given by name) is kept
aside and resolved by `catalog.metadata.dialects.axis_names.resolve_axis_names`.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from catalog.metadata.axes import CoordinateSystemIdentifier
from catalog.metadata.base import NORMAL, Model
from catalog.metadata.dialects.trace import Trace
from catalog.metadata.dialects.transformations import normal_transformation

# Strict: a number in a string is a mistake, and true is not 1.
Number = Annotated[float, Field(strict=True)]
Index = Annotated[int, Field(strict=True, ge=0)]
Vector = tuple[Number, ...]
Matrix = tuple[Vector, ...]


class Transformation(Model):
    """What all transformations share: their ends and a name."""

    type: str
    input: CoordinateSystemIdentifier | None = None
    output: CoordinateSystemIdentifier | None = None
    name: str | None = None

    @classmethod
    def normal_form(cls, value: object) -> object:
        """Return a transformation of any version in the form of 0.6."""
        return normal_transformation(value, Trace())


class Identity(Transformation):
    """Points stay as they are."""

    type: Literal["identity"] = "identity"


class MapAxis(Transformation):
    """A permutation: output axis ``i`` is input axis ``mapAxis[i]``."""

    type: Literal["mapAxis"] = "mapAxis"
    mapAxis: tuple[Index, ...]


class ProjectAxis(Transformation):
    """Drop the input axes `droppedInputs`, then create zeros at `createdOutputs`."""

    type: Literal["projectAxis"] = "projectAxis"
    createdOutputs: tuple[Index, ...] | None = None
    droppedInputs: tuple[Index, ...] | None = None

    @model_validator(mode="after")
    def _has_axes(self) -> Self:
        if self.createdOutputs is None and self.droppedInputs is None:
            raise ValueError("needs 'createdOutputs', 'droppedInputs' or both")
        return self


class Translation(Transformation):
    """Add a vector (N values; or stored at `path`, before 0.6.dev3)."""

    type: Literal["translation"] = "translation"
    translation: Vector | None = None
    path: str | None = None

    @model_validator(mode="after")
    def _has_parameters(self) -> Self:
        if self.translation is None and self.path is None:
            raise ValueError("needs 'translation'")
        return self


class Scale(Transformation):
    """Multiply each axis (N factors; or stored at `path`, before 0.6.dev3)."""

    type: Literal["scale"] = "scale"
    scale: Vector | None = None
    path: str | None = None

    @model_validator(mode="after")
    def _has_parameters(self) -> Self:
        if self.scale is None and self.path is None:
            raise ValueError("needs 'scale'")
        return self


class Affine(Transformation):
    """An M x (N+1) matrix, inline or stored as a Zarr array at `path`.

    A flat list that only the number of input axes can break into rows waits in the
    extra key ``flatAffine``.
    """

    type: Literal["affine"] = "affine"
    affine: Matrix | None = None
    path: str | None = None
    flatAffine: Vector | None = Field(default=None, repr=False)

    @model_validator(mode="after")
    def _has_parameters(self) -> Self:
        if self.affine is None and self.path is None and self.flatAffine is None:
            raise ValueError("needs 'affine' or 'path'")
        return self


class Rotation(Transformation):
    """An N x N rotation matrix, inline or stored as a Zarr array at `path`."""

    type: Literal["rotation"] = "rotation"
    rotation: Matrix | None = None
    path: str | None = None

    @model_validator(mode="after")
    def _has_parameters(self) -> Self:
        if self.rotation is None and self.path is None:
            raise ValueError("needs 'rotation' or 'path'")
        return self


class Sequence(Transformation):
    """Transformations applied one after the other, first to last."""

    type: Literal["sequence"] = "sequence"
    transformations: tuple[AnyTransform, ...]


class Displacements(Transformation):
    """Add the vector that the field at `path` holds for a point."""

    type: Literal["displacements"] = "displacements"
    path: str
    interpolation: str | None = None


class Coordinates(Transformation):
    """Replace a point by the value that the field at `path` holds for it."""

    type: Literal["coordinates"] = "coordinates"
    path: str
    interpolation: str | None = None


class Bijection(Transformation):
    """A transformation together with its stated inverse."""

    type: Literal["bijection"] = "bijection"
    forward: AnyTransform
    inverse: AnyTransform


class ByDimensionItem(Model):
    """A transformation of some input axes to some output axes (indices).

    Axes that an older document names wait in the extra keys ``input_axes`` and
    ``output_axes``, beside empty lists of indices.
    """

    transformation: AnyTransform
    inputAxes: tuple[Index, ...]
    outputAxes: tuple[Index, ...]


class ByDimension(Transformation):
    """Transformations of groups of axes, side by side."""

    type: Literal["byDimension"] = "byDimension"
    transformations: tuple[ByDimensionItem, ...]


def _read_any_form(value: object, info: ValidationInfo) -> object:
    # Before the type is looked at: inverseOf is a type that 0.6 has no model for.
    return value if info.context is NORMAL else normal_transformation(value, Trace())


AnyTransform = Annotated[
    Identity
    | MapAxis
    | ProjectAxis
    | Translation
    | Scale
    | Affine
    | Rotation
    | Sequence
    | Displacements
    | Coordinates
    | Bijection
    | ByDimension,
    Field(discriminator="type"),
    BeforeValidator(_read_any_form),
]

for _model in (Sequence, Bijection, ByDimensionItem, ByDimension):
    _model.model_rebuild()
