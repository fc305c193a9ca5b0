"""A path between two coordinate systems, and what it does to points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from catalog.errors import CatalogError, DimensionalityError, FieldError
from catalog.geometry import affine
from catalog.geometry.boxes import Box, as_box, moved_box
from catalog.geometry.moving import TOLERANCE, Moving, Outside
from catalog.geometry.points import as_points, finite_result
from catalog.geometry.steps import Mapping
from catalog.graph.addresses import field_place
from catalog.graph.edges import GraphEdge

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from catalog.geometry.field import FieldReader

# Points that go through fields at once: a few arrays of this many are in memory beside
# the points and the fields themselves.
_BLOCK = 1 << 19


@dataclass(frozen=True, eq=False)
class Moved:
    """Points that were moved, and how exact it was.

    Attributes
    ----------
    coordinates
        (n, M), float64.
    residual
        Of numeric inverses: the largest distance between where a found point leads and
        where it should, in units of the system that the field leads to; None when none
        was needed.
    unconverged
        How many points a numeric inverse was not found for, to the tolerance.
    outside
        How many points lay outside a field.
    notes
        All this in sentences, by field; empty when there is nothing to say.
    """

    coordinates: NDArray[np.float64]
    residual: float | None = None
    unconverged: int = 0
    outside: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """An edge, walked in its declared direction or backwards."""

    edge: GraphEdge
    inverse: bool = False

    @property
    def source(self) -> str:
        """Address of the system that the step leaves."""
        return self.edge.target if self.inverse else self.edge.source

    @property
    def target(self) -> str:
        """Address of the system that the step reaches."""
        return self.edge.source if self.inverse else self.edge.target

    @property
    def mapping(self) -> Mapping:
        """The mapping of points from `source` to `target`."""
        return self.edge.inverse_mapping if self.inverse else self.edge.mapping

    @property
    def cost(self) -> int:
        """What the step costs; see `catalog.graph.cost`."""
        cost = self.edge.inverse_cost if self.inverse else self.edge.forward_cost
        return 0 if cost is None else cost


@dataclass(frozen=True)
class Path:
    """A chain of steps from `source` to `target` (addresses).

    Without steps it is the identity of a system to itself.

    Attributes
    ----------
    ndim_in, ndim_out
        Numbers of axes of the two systems; None where unknown.
    """

    source: str
    target: str
    steps: tuple[Step, ...]
    cost: int
    ndim_in: int | None = None
    ndim_out: int | None = None

    @cached_property
    def mapping(self) -> Mapping:
        """The mapping of points from `source` to `target`.

        Raises
        ------
        TransformationError
            When a step cannot be used; `place` says which.
        """
        parts = [step.mapping for step in self.steps]
        before: int | None = self.ndim_in
        for step, part in zip(self.steps, parts, strict=True):
            if before is not None and part.ndim_in is not None and part.ndim_in != before:
                raise DimensionalityError(
                    f"The {step.edge.type} from {step.edge.source} to {step.edge.target} meets "
                    f"points of {before} dimensions at {step.source}; expected {part.ndim_in}.",
                    f"{step.edge.group}{step.edge.pointer}",
                )
            before = part.ndim_out if part.ndim_out is not None else before
        chained = Mapping.chain(parts)
        known_in = chained.ndim_in if chained.ndim_in is not None else self.ndim_in
        if not chained.steps and known_in is None:
            known_in = chained.ndim_out if chained.ndim_out is not None else self.ndim_out
        known_out = chained.ndim_out if chained.ndim_out is not None else self.ndim_out
        return Mapping(known_in, known_in if not chained.steps else known_out, chained.steps)

    @cached_property
    def matrix(self) -> NDArray[np.float64] | None:
        """The affine map of the whole path, M x (N+1); None when a step is not one."""
        matrices = []
        for step in self.steps:
            mapping = step.mapping
            if not mapping.steps:  # an identity, perhaps of unknown dimensions
                continue
            if mapping.matrix is None:
                return None
            matrices.append(mapping.matrix)
        whole = self.mapping
        if not matrices:
            return whole.matrix
        return affine.compose(matrices)

    @property
    def needs(self) -> tuple[str, ...]:
        """Places of the fields that moving points takes, in the order of the steps."""
        return tuple(
            dict.fromkeys(
                field_place(step.edge.group, path)
                for step in self.steps
                for path in step.mapping.needs
            )
        )

    @property
    def exact(self) -> bool:
        """True when no field is interpolated and no inverse found by iteration."""
        return not any(
            (step.inverse and step.edge.invertibility == "numeric") or step.mapping.needs
            for step in self.steps
        )

    def transform(
        self, points: object, *, outside: Outside = "error", tolerance: float = TOLERANCE
    ) -> NDArray[np.float64]:
        """Move points (n, N) in `source` to (n, M) in `target`.

        An array may have any shape (..., N), and gives (..., M).

        Parameters
        ----------
        outside
            What becomes of points outside a displacement or coordinate field: an
            ``error``, ``nan``, or they are moved by its outermost values (``clamp``).
        tolerance
            How far from the solution the numeric inverse of a field may end, in voxels
            of the field.

        Raises
        ------
        PointsError
            When they are malformed or not finite, or the result is not.
        TransformationError
            When a step cannot be used.
        FieldError
            When points lie outside a field, or its numeric inverse is not found for
            some, and `outside` is ``error``; `move` reports the latter and goes on.

        Examples
        --------
        >>> Path("a", "a", (), 0, 2, 2).transform([[1, 2]])
        array([[1., 2.]])
        """
        import numpy as np

        shape: tuple[int, ...] | None = None
        if isinstance(points, np.ndarray) and points.ndim not in (0, 2) and points.size:
            shape = points.shape[:-1]
            points = points.reshape(-1, points.shape[-1])
        moved = self.move(points, outside=outside, tolerance=tolerance)
        if moved.unconverged and outside == "error":
            raise FieldError(
                f"The numeric inverse was not found for {moved.unconverged:,} of "
                f"{len(moved.coordinates):,} points on the way from {self.source} to "
                f"{self.target} (largest residual {moved.residual:.3g}). `move` gives how far "
                "it came; a larger `tolerance`, or outside='nan', accepts it."
            )
        found = moved.coordinates
        return found if shape is None else found.reshape(*shape, found.shape[1])

    def move(
        self,
        points: object,
        *,
        outside: Outside = "error",
        tolerance: float = TOLERANCE,
        moving: Moving | None = None,
    ) -> Moved:
        """Move points (n, N) in `source` to `target`, and say how exact it was.

        Parameters and errors are those of `transform`; but points for which a numeric
        inverse is not found are counted, and come out as near as they came (as NaN, where
        `outside` is ``nan``).

        Parameters
        ----------
        moving
            Policy and account of points that come in blocks: the same for each of them.
            `outside` and `tolerance` are its own then, and what is said covers all blocks
            so far.
        """
        moving = Moving(outside, tolerance) if moving is None else moving
        mapping = self.mapping
        given = as_points(points, mapping.ndim_in)
        if not mapping.steps:
            return Moved(given.copy())
        place = f"{self.source} → {self.target}"
        matrix = self.matrix
        import numpy as np

        if not len(given) and mapping.ndim_out is not None:
            return Moved(np.empty((0, mapping.ndim_out), dtype=np.float64))
        if matrix is not None:
            return Moved(finite_result(affine.apply(matrix, given), place))
        result: NDArray[np.float64] | None = None
        for start in range(0, max(1, len(given)), _BLOCK):
            block = given[start : start + _BLOCK]
            moving.begin(len(block))
            moved = mapping.apply(block, moving)
            gone = moving.gone
            if gone is None:
                finite_result(moved, place, first=moving.first)
            else:
                finite_result(moved[~gone], place)
                moved[gone] = float("nan")
            if len(given) <= _BLOCK:
                result = moved
            elif result is None:
                result = np.empty((len(given), moved.shape[1]), dtype=np.float64)
            if result is not moved:
                result[start : start + _BLOCK] = moved
        moving.end()
        assert result is not None
        return Moved(
            result,
            moving.residual,
            moving.unconverged_points,
            moving.outside_points,
            moving.notes(),
        )

    def transform_box(
        self,
        low: Sequence[float],
        high: Sequence[float],
        *,
        outside: Outside = "error",
        tolerance: float = TOLERANCE,
        moving: Moving | None = None,
    ) -> Box:
        """Give the smallest box in `target` that holds a box in `source`.

        It is exact where the path is affine; else it is sampled (corners, edges, faces,
        inside), and `Box.exact` is False. Parameters and errors are those of `move`;
        points that have no place in `target` leave the box as it is.

        Examples
        --------
        >>> Path("a", "a", (), 0, 2, 2).transform_box([0, 1], [2, 3])
        Box(low=(0.0, 1.0), high=(2.0, 3.0), exact=True, notes=())
        """
        account = Moving(outside, tolerance) if moving is None else moving
        ends = as_box(low, high, self.mapping.ndim_in)
        if not self.mapping.steps:
            return Box(tuple(ends[0].tolist()), tuple(ends[1].tolist()))
        found = moved_box(
            ends, self.matrix, lambda points: self.move(points, moving=account).coordinates
        )
        return replace(found, notes=(*account.notes(), *found.notes))

    def reading(self, fields_for: Callable[[str], FieldReader]) -> Path:
        """Give the same path with what opens its displacement and coordinate fields.

        Parameters
        ----------
        fields_for
            Gives, for the group that declares an edge, what opens the fields it names.
        """
        steps = (
            # What has a closed form has no field.
            step
            if step.edge.invertibility == "closed"
            else Step(step.edge.reading(fields_for(step.edge.group)), step.inverse)
            for step in self.steps
        )
        return replace(self, steps=tuple(steps))

    def to_dict(self) -> dict[str, object]:
        """Give the path as plain values, ready for JSON.

        Where the document of a step is broken, `matrix` is null and `problem` says why.
        """
        result: dict[str, object] = {
            "source": self.source,
            "target": self.target,
            "cost": self.cost,
            "steps": [
                {
                    "from": step.source,
                    "to": step.target,
                    "type": step.edge.type,
                    "name": step.edge.name,
                    "direction": "inverse" if step.inverse else "forward",
                    "origin": step.edge.origin,
                    "declared_in": step.edge.group,
                    "pointer": step.edge.pointer,
                }
                for step in self.steps
            ],
        }
        try:
            matrix = self.matrix
            result["matrix"] = None if matrix is None else matrix.tolist()
            result["exact"] = self.exact
            result["needs"] = list(self.needs)
        except CatalogError as error:
            result.update(matrix=None, exact=False, needs=[], problem=error.message)
        return result


def joined(paths: Sequence[Path]) -> Path:
    """Join paths, each of which starts where the one before it ends."""
    return Path(
        paths[0].source,
        paths[-1].target,
        tuple(step for path in paths for step in path.steps),
        sum(path.cost for path in paths),
        paths[0].ndim_in,
        paths[-1].ndim_out,
    )
