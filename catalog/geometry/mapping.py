"""From a transformation's metadata to a mapping of points.

Dimensionalities are settled and checked before any arithmetic: from the ends where
they are known, from the transformation itself where they are not. Implements
"coordinateTransformations" of OME-Zarr 0.6 in its normal form.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from catalog.errors import DimensionalityError, TransformationError
from catalog.geometry import affine
from catalog.geometry import rows as plain
from catalog.geometry.field_step import FieldStep
from catalog.geometry.rows import Row, Rows
from catalog.geometry.steps import (
    Invertibility,
    LinearStep,
    Mapping,
    PairStep,
    SideBySide,
    Step,
)
from catalog.geometry.unsized import UnsizedStep
from catalog.metadata.assembly.members import field_paths
from catalog.metadata.transformations import (
    Affine,
    AnyTransform,
    Bijection,
    ByDimension,
    Coordinates,
    Displacements,
    Identity,
    MapAxis,
    ProjectAxis,
    Rotation,
    Scale,
    Sequence,
    Translation,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Invertibility", "Mapping", "ParameterReader", "Step", "mapping"]

ParameterReader = Callable[[str], "NDArray[np.generic]"]
"""Gives the array that holds a transformation's parameters, by its path as written."""

ORTHONORMAL = 2e-3
"""How far a rotation may be from orthonormal: documents round to three digits."""

# What cannot be built without knowing what it is given.
_SIZED = (Sequence, Bijection, ByDimension, ProjectAxis)


def mapping(
    transformation: AnyTransform,
    ndim_in: int | None,
    ndim_out: int | None,
    parameters: ParameterReader | None = None,
    *,
    place: str = "",
) -> Mapping:
    """Make the mapping that a transformation stands for.

    Fields on the way are known, not opened: see `Mapping.reading`.

    Parameters
    ----------
    transformation
        In normal form (0.6).
    ndim_in, ndim_out
        Numbers of axes of its ends; None where unknown.
    parameters
        Reads parameters that are stored as arrays.
    place
        Where it is declared; the errors' `place` begins with it.

    Raises
    ------
    DimensionalityError
        When lengths do not match.
    TransformationError
        When the transformation breaks its own rules, or its parameters are stored and
        there is nothing to read them with.
    """
    reader = None if parameters is None else cache(parameters)
    return _Builder(reader).build(transformation, ndim_in, ndim_out, place)


class _Builder:
    """Builds one transformation and those inside it, reading each stored array once."""

    def __init__(self, reader: Callable[[str], Any] | None) -> None:
        self._reader = reader

    def build(self, t: AnyTransform, ndim_in: int | None, ndim_out: int | None, at: str) -> Mapping:
        if isinstance(t, Sequence):
            return self._sequence(t, ndim_in, ndim_out, at)
        if isinstance(t, Bijection):
            there = self.build(t.forward, ndim_in, ndim_out, f"{at}/forward")
            ndim_in, ndim_out = there.ndim_in, there.ndim_out
            back = self.build(t.inverse, ndim_out, ndim_in, f"{at}/inverse")
            return Mapping(back.ndim_out, back.ndim_in, (PairStep(there, back),))
        if isinstance(t, ByDimension):
            return self._by_dimension(t, ndim_in, ndim_out, at)
        takes, gives = self._own(t, ndim_in, ndim_out, at)
        for own, end, side in ((takes, ndim_in, "input"), (gives, ndim_out, "output")):
            if own is not None and end is not None and own != end:
                verb = "takes" if side == "input" else "gives"
                raise DimensionalityError(
                    f"{_the(t, at)} {verb} {own} dimensions; its {side} has {end}.", at
                )
        step = self._step(t, takes, gives, at)
        return Mapping(takes, gives, () if step is None else (step,))

    def _own(
        self, t: AnyTransform, ndim_in: int | None, ndim_out: int | None, at: str
    ) -> tuple[int | None, int | None]:
        """What `t` takes and gives, by itself where it tells, else by its known ends."""
        if isinstance(t, Scale | Translation):
            known = self._vector(t, at)
            return len(known), len(known)
        if isinstance(t, Affine | Rotation):
            matrix = self._matrix(t, at)
            return len(matrix[0]) - isinstance(t, Affine), len(matrix)
        if isinstance(t, MapAxis):
            return len(t.mapAxis), len(t.mapAxis)
        if isinstance(t, ProjectAxis):
            change = len(t.createdOutputs or ()) - len(t.droppedInputs or ())
            if ndim_in is None and ndim_out is None:
                raise DimensionalityError(f"{_the(t, at)} stands between unknown dimensions.", at)
            takes = ndim_in if ndim_in is not None else (ndim_out or 0) - change
            return takes, takes + change
        if isinstance(t, Coordinates):
            return ndim_in, ndim_out
        same = ndim_in if ndim_in is not None else ndim_out  # identity, displacements
        return same, same

    def _step(self, t: AnyTransform, takes: int | None, gives: int | None, at: str) -> Step | None:
        if isinstance(t, Identity):
            return None
        if isinstance(t, Scale):
            rows = plain.diagonal_rows(self._vector(t, at))
            back = plain.monomial_inverse(rows)
            one_way = "" if back else f"{_the(t, at)} has a zero (or nearly); it has no inverse."
            return LinearStep(rows, at, back, one_way)
        if isinstance(t, Translation):
            vector = self._vector(t, at)
            rows = plain.diagonal_rows((1.0,) * len(vector), vector)
            return LinearStep(rows, at, plain.monomial_inverse(rows))
        if isinstance(t, Affine):
            return LinearStep(self._matrix(t, at), at, limit=affine.SINGULAR)
        if isinstance(t, Rotation):
            matrix = self._matrix(t, at)
            _require_rotation(matrix, _the(t, at), at)
            # The true inverse, not the transpose: a document's rounding goes both ways.
            return LinearStep(tuple((*row, 0.0) for row in matrix), at)
        if isinstance(t, MapAxis):
            if sorted(t.mapAxis) != list(range(len(t.mapAxis))):
                raise TransformationError(
                    f"{_the(t, at)} is {list(t.mapAxis)}; expected each of "
                    f"0 to {len(t.mapAxis) - 1} once.",
                    at,
                )
            rows = plain.selection(t.mapAxis, len(t.mapAxis))
            return LinearStep(rows, at, plain.monomial_inverse(rows))
        if isinstance(t, ProjectAxis):
            return _project(t, takes or 0, gives or 0, at)
        assert isinstance(t, Displacements | Coordinates)
        return FieldStep(t.type, t.path, takes, gives, at, interpolation=t.interpolation)

    def _sequence(self, t: Sequence, ndim_in: int | None, ndim_out: int | None, at: str) -> Mapping:
        members = t.transformations
        places = [f"{at}/transformations/{index}" for index in range(len(members))]
        if not members:
            return self.build(Identity(), ndim_in, ndim_out, at)
        # What stands between two members is told by the one before it, else by the one
        # after it (an identity, a coordinate field tell nothing of themselves).
        # A coordinate field in it may give more than a byDimension after it uses.
        guess = not any(_has_coordinates(member) for member in members)
        between: list[int | None] = [ndim_in, *[None] * (len(members) - 1), ndim_out]
        for index in range(len(members) - 1):
            between[index + 1] = self._gives(members[index], between[index], places[index])
        for index in reversed(range(1, len(members))):
            if between[index] is None:
                between[index] = self._takes(
                    members[index], between[index + 1], places[index], guess=guess
                )
        if between[0] is None:
            between[0] = self._takes(members[0], between[1], places[0])
        for index in range(len(members) - 1):
            if between[index + 1] is None:
                between[index + 1] = self._gives(members[index], between[index], places[index])
        built = [
            self._unsized(member, between[index + 1], places[index])
            if between[index] is None and not guess and isinstance(member, _SIZED)
            else self.build(member, between[index], between[index + 1], places[index])
            for index, member in enumerate(members)
        ]
        return Mapping(
            built[0].ndim_in, built[-1].ndim_out, tuple(s for m in built for s in m.steps)
        )

    def _unsized(self, t: AnyTransform, ndim_out: int | None, at: str) -> Mapping:
        """Leave `t` to be built when points come out of the coordinate field before it."""
        kind: Invertibility
        if isinstance(t, ProjectAxis):
            kind = "no" if t.droppedInputs else "closed"
        else:
            try:
                kind = self.build(t, None, ndim_out, at).invertibility
            except DimensionalityError:
                kind = "no"
        step = UnsizedStep(
            lambda takes, gives: self.build(t, takes, gives, at),
            ndim_out,
            tuple(field_paths(t)),
            kind,
            at,
        )
        return Mapping(None, ndim_out, (step,))

    def _gives(self, t: AnyTransform, ndim_in: int | None, at: str) -> int | None:
        """What `t` gives when it is given `ndim_in`; None when that is unknown."""
        if isinstance(t, Sequence):
            for index, member in enumerate(t.transformations):
                ndim_in = self._gives(member, ndim_in, f"{at}/transformations/{index}")
            return ndim_in
        if isinstance(t, Bijection):
            given = self._gives(t.forward, ndim_in, f"{at}/forward")
            return given if given is not None else self._takes(t.inverse, ndim_in, f"{at}/inverse")
        if isinstance(t, ByDimension):
            return sum(len(item.outputAxes) for item in t.transformations)
        if isinstance(t, Coordinates) or (isinstance(t, ProjectAxis) and ndim_in is None):
            return None
        return self._own(t, ndim_in, None, at)[1]

    def _takes(
        self, t: AnyTransform, ndim_out: int | None, at: str, *, guess: bool = True
    ) -> int | None:
        """What `t` must be given to give `ndim_out`; None when that is unknown.

        With `guess`, a byDimension is taken to use all that it is given.
        """
        if isinstance(t, Sequence):
            for index in reversed(range(len(t.transformations))):
                inner = f"{at}/transformations/{index}"
                ndim_out = self._takes(t.transformations[index], ndim_out, inner, guess=guess)
            return ndim_out
        if isinstance(t, Bijection):
            taken = self._takes(t.forward, ndim_out, f"{at}/forward", guess=guess)
            return taken if taken is not None else self._gives(t.inverse, ndim_out, f"{at}/inverse")
        if isinstance(t, ByDimension):
            used = 1 + max((a for item in t.transformations for a in item.inputAxes), default=-1)
            return used if guess else None
        if isinstance(t, Coordinates) or (isinstance(t, ProjectAxis) and ndim_out is None):
            return None
        return self._own(t, None, ndim_out, at)[0]

    def _by_dimension(
        self, t: ByDimension, ndim_in: int | None, ndim_out: int | None, at: str
    ) -> Mapping:
        the = _the(t, at)
        outputs = [axis for item in t.transformations for axis in item.outputAxes]
        gives = len(outputs)
        if not gives:
            raise TransformationError(f"{the} has no items.", at)
        if sorted(outputs) != list(range(gives)) or ndim_out not in (None, gives):
            count = gives if ndim_out is None else ndim_out
            raise DimensionalityError(
                f"{the} gives the output axes {sorted(outputs)}; expected each of "
                f"0 to {count - 1} once.",
                at,
            )
        inputs = [axis for item in t.transformations for axis in item.inputAxes]
        takes = ndim_in if ndim_in is not None else 1 + max(inputs, default=-1)
        if any(not 0 <= axis < takes for axis in inputs):
            raise DimensionalityError(
                f"{the} takes the input axes {sorted(inputs)}; its input has only "
                f"0 to {takes - 1}.",
                at,
            )
        items = tuple(
            (
                self.build(
                    item.transformation,
                    len(item.inputAxes),
                    len(item.outputAxes),
                    f"{at}/transformations/{index}/transformation",
                ),
                item.inputAxes,
                item.outputAxes,
            )
            for index, item in enumerate(t.transformations)
        )
        return Mapping(takes, gives, (SideBySide(items, takes, gives, at),))

    def _vector(self, t: Scale | Translation, at: str) -> Row:
        values: Row | None = t.scale if isinstance(t, Scale) else t.translation
        if values is None:
            stored = self._stored(t, t.path, 1, at)
            values = tuple(map(float, stored))
        if not values or not plain.is_finite((values,)):
            raise TransformationError(f"{_the(t, at)} is empty or not finite.", at)
        return values

    def _matrix(self, t: Affine | Rotation, at: str) -> Rows:
        rows: Rows | None = t.affine if isinstance(t, Affine) else t.rotation
        if rows is None:
            rows = tuple(tuple(map(float, row)) for row in self._stored(t, t.path, 2, at))
        width = len(rows[0]) if rows else 0
        if width <= isinstance(t, Affine) or any(len(row) != width for row in rows):
            raise DimensionalityError(
                f"{_the(t, at)} has rows of {sorted({len(row) for row in rows})} numbers; "
                "expected rows of one length, and not empty.",
                at,
            )
        if isinstance(t, Rotation) and len(rows) != width:
            raise DimensionalityError(
                f"{_the(t, at)} has {len(rows)} rows of {width}; expected a square matrix.", at
            )
        if not plain.is_finite(rows):
            raise TransformationError(f"{_the(t, at)} holds a number that is not finite.", at)
        return rows

    def _stored(self, t: AnyTransform, path: str | None, ndim: int, at: str) -> list[Any]:
        if path is None:
            raise TransformationError(f"{_the(t, at)} has neither values nor a `path`.", at)
        if self._reader is None:
            raise TransformationError(
                f"{_the(t, at)} has its values in an array ({path!r}) that is not at hand.", at
            )
        array = self._reader(path)
        if array.ndim != ndim or array.dtype.kind not in "iuf":
            raise TransformationError(
                f"{_the(t, at)} has its values in {path!r}, an array of shape {array.shape} "
                f"and type {array.dtype}; expected {ndim} dimensions of numbers.",
                at,
            )
        values: list[Any] = array.tolist()
        return values


def _has_coordinates(t: AnyTransform) -> bool:
    """Tell whether a coordinate field is in the chain that `t` is."""
    if isinstance(t, Sequence):
        return any(_has_coordinates(member) for member in t.transformations)
    if isinstance(t, Bijection):
        return _has_coordinates(t.forward)
    return isinstance(t, Coordinates)


def _project(t: ProjectAxis, takes: int, gives: int, at: str) -> LinearStep:
    the = _the(t, at)
    created, dropped = t.createdOutputs or (), t.droppedInputs or ()
    for axes, count, side in ((dropped, takes, "input"), (created, gives, "output")):
        if len(set(axes)) != len(axes) or any(not 0 <= axis < count for axis in axes):
            raise DimensionalityError(
                f"{the} names the {side} axes {list(axes)}; there are only 0 to {count - 1}, "
                "each at most once.",
                at,
            )
    if takes < 1 or gives < 1:
        raise DimensionalityError(f"{the} leaves no dimension of {takes}.", at)
    kept = (axis for axis in range(takes) if axis not in dropped)
    sources = tuple(None if axis in created else next(kept) for axis in range(gives))
    rows = plain.selection(sources, takes)
    if dropped:
        reason = f"{the} drops the input axes {list(dropped)}; it has no inverse."
        return LinearStep(rows, at, one_way=reason)
    back = tuple(axis for axis in range(gives) if axis not in created)
    return LinearStep(rows, at, plain.selection(back, gives))


def _require_rotation(matrix: Rows, the: str, at: str) -> None:
    count = len(matrix)
    furthest = max(
        abs(sum(a * b for a, b in zip(matrix[i], matrix[j], strict=True)) - (i == j))
        for i in range(count)
        for j in range(count)
    )
    found = _determinant(matrix)
    if furthest > ORTHONORMAL or abs(found - 1.0) > ORTHONORMAL:
        raise TransformationError(
            f"{the} is not a rotation: it is {furthest:.3g} away from orthonormal and its "
            f"determinant is {found:.6g}; state it as an affine if that is meant.",
            at,
        )


def _determinant(matrix: Rows) -> float:
    """Eliminate with partial pivots; exact enough to tell 1 from -1 and from 0."""
    work = [list(row) for row in matrix]
    result = 1.0
    for column in range(len(work)):
        pivot = max(range(column, len(work)), key=lambda row: abs(work[row][column]))
        if work[pivot][column] == 0.0:
            return 0.0
        if pivot != column:
            work[column], work[pivot] = work[pivot], work[column]
            result = -result
        result *= work[column][column]
        for row in range(column + 1, len(work)):
            factor = work[row][column] / work[column][column]
            for other in range(column, len(work)):
                work[row][other] -= factor * work[column][other]
    return result


def _the(t: AnyTransform, at: str) -> str:
    """Name a transformation in a sentence: its type, its name, where it stands."""
    named = f" {t.name!r}" if t.name else ""
    return f"The {t.type}{named} at {at}" if at else f"The {t.type}{named}"
