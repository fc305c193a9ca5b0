"""A path between two coordinate systems, and what it does to points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from catalog.errors import CatalogError, DimensionalityError
from catalog.geometry import affine
from catalog.geometry.points import as_points, finite_result
from catalog.geometry.steps import Mapping
from catalog.graph.addresses import field_place
from catalog.graph.edges import GraphEdge

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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

    def transform(self, points: object) -> NDArray[np.float64]:
        """Move points (n, N) in `source` to (n, M) in `target`.

        Raises
        ------
        PointsError
            When they are malformed or not finite, or the result is not.
        TransformationError
            When a step cannot be used.

        Examples
        --------
        >>> Path("a", "a", (), 0, 2, 2).transform([[1, 2]])
        array([[1., 2.]])
        """
        mapping = self.mapping
        given = as_points(points, mapping.ndim_in)
        if not mapping.steps:
            return given.copy()
        if not len(given) and mapping.ndim_out is not None:
            import numpy as np

            return np.empty((0, mapping.ndim_out), dtype=np.float64)
        matrix = self.matrix
        moved = mapping.apply(given) if matrix is None else affine.apply(matrix, given)
        return finite_result(moved, f"{self.source} → {self.target}")

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
