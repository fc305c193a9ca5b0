"""A mapping of points as a chain of steps, each of which knows its way back.

Steps hold plain tuples; arrays are made when points move. A new kind of step (a field
that is read, say) needs the five things that `Step` names and nothing else changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Protocol

from catalog.errors import DimensionalityError, NotInvertibleError
from catalog.geometry import affine
from catalog.geometry import rows as plain
from catalog.geometry.field import FieldReader
from catalog.geometry.moving import Moving
from catalog.geometry.rows import Rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Invertibility = Literal["closed", "explicit", "numeric", "no"]
_WORST_LAST: tuple[Invertibility, ...] = ("closed", "explicit", "numeric", "no")


class Step(Protocol):
    """One link of a mapping."""

    @property
    def rows(self) -> Rows | None:
        """Its affine map; None when it is not one."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Paths of the fields that moving points takes, as written."""

    @property
    def invertibility(self) -> Invertibility:
        """How there is a way back, if there is one."""

    def inverse(self) -> Step:
        """Give the way back."""

    def reading(self, fields: FieldReader) -> Step:
        """Give the same step with what opens its fields."""

    def apply(
        self, points: NDArray[np.float64], moving: Moving | None = None
    ) -> NDArray[np.float64]:
        """Move points (n, N) to (n, M); `moving` says what to do where a field ends."""


def worst(kinds: Iterable[Invertibility]) -> Invertibility:
    """Give the invertibility of a chain of these: that of its weakest member."""
    return max(kinds, key=_WORST_LAST.index, default="closed")


@dataclass(frozen=True, slots=True)
class LinearStep:
    """An affine map.

    Attributes
    ----------
    back
        The way back where it is known without solving for it.
    one_way
        Why there is no way back; empty when there may be one.
    limit
        Largest condition number that counts as regular; None: judged elsewhere.
    """

    rows: Rows
    place: str = ""
    back: Rows | None = None
    one_way: str = ""
    limit: float | None = None

    @property
    def needs(self) -> tuple[str, ...]:
        """An affine map needs nothing more."""
        return ()

    @property
    def invertibility(self) -> Invertibility:
        """``closed`` or ``no``."""
        if self.back is not None:
            return "closed"
        if self.one_way or len(self.rows[0]) != len(self.rows) + 1:
            return "no"
        try:
            self._solved()
        except NotInvertibleError:
            return "no"
        return "closed"

    def reading(self, fields: FieldReader) -> LinearStep:
        """Give the same step: it has no field."""
        return self

    def inverse(self) -> LinearStep:
        """Give the way back."""
        if self.one_way:
            raise NotInvertibleError(self.one_way, self.place)
        back = self.back if self.back is not None else self._solved()
        return LinearStep(back, self.place, back=self.rows)

    def apply(
        self,
        points: NDArray[np.float64],
        moving: Moving | None = None,
    ) -> NDArray[np.float64]:
        """Move points (n, N) to (n, M)."""
        import numpy as np

        return affine.apply(np.array(self.rows, dtype=np.float64), points)

    def _solved(self) -> Rows:
        exact = plain.monomial_inverse(self.rows)
        if exact is not None:
            # One factor in each row and column: these are the singular values.
            sizes = [max(map(abs, row[:-1])) for row in self.rows]
            if self.limit is None or max(sizes) <= self.limit * min(sizes):
                return exact
        import numpy as np

        matrix = np.array(self.rows, dtype=np.float64)
        inverse = affine.invert(matrix, limit=self.limit, place=self.place)
        return affine.as_rows(inverse)


@dataclass(frozen=True, slots=True)
class PairStep:
    """A bijection: a way there and a stated way back."""

    there: Mapping
    back: Mapping

    @property
    def rows(self) -> Rows | None:
        """The affine map of the way there."""
        return self.there.rows

    @property
    def needs(self) -> tuple[str, ...]:
        """What the way there needs."""
        return self.there.needs

    @property
    def invertibility(self) -> Invertibility:
        """``explicit``, whatever its members are."""
        return "explicit"

    def reading(self, fields: FieldReader) -> PairStep:
        """Give the same pair with what opens its fields."""
        return PairStep(self.there.reading(fields), self.back.reading(fields))

    def inverse(self) -> PairStep:
        """Give the stated way back; its own inverse is the way there."""
        return PairStep(self.back, self.there)

    def apply(
        self, points: NDArray[np.float64], moving: Moving | None = None
    ) -> NDArray[np.float64]:
        """Move points the way there."""
        return self.there.apply(points, moving)


@dataclass(frozen=True)
class SideBySide:
    """Mappings of groups of axes: (mapping, input axes, output axes) each."""

    items: tuple[tuple[Mapping, tuple[int, ...], tuple[int, ...]], ...]
    ndim_in: int
    ndim_out: int
    place: str = ""

    @cached_property
    def rows(self) -> Rows | None:
        """The affine map of all items together, when each is one."""
        result: list[plain.Row] = [()] * self.ndim_out
        for mapping, inputs, outputs in self.items:
            if mapping.rows is None:
                return None
            for output, inner in zip(outputs, mapping.rows, strict=True):
                row = [0.0] * (self.ndim_in + 1)
                row[-1] = inner[-1]
                for column, value in zip(inputs, inner[:-1], strict=True):
                    row[column] += value
                result[output] = tuple(row)
        return tuple(result)

    @property
    def needs(self) -> tuple[str, ...]:
        """What the items need, in their order."""
        return tuple(path for mapping, _, _ in self.items for path in mapping.needs)

    @property
    def invertibility(self) -> Invertibility:
        """That of the weakest item; ``no`` when an input is unused or used twice."""
        if self._uneven_inputs:
            return "no"
        return worst(mapping.invertibility for mapping, _, _ in self.items)

    @property
    def _uneven_inputs(self) -> bool:
        used = sorted(axis for _, inputs, _ in self.items for axis in inputs)
        return used != list(range(self.ndim_in))

    def reading(self, fields: FieldReader) -> SideBySide:
        """Give the same items with what opens their fields."""
        items = tuple(
            (mapping.reading(fields), inputs, outputs) for mapping, inputs, outputs in self.items
        )
        return replace(self, items=items)

    def inverse(self) -> SideBySide:
        """Give each item's inverse, its axes exchanged."""
        if self._uneven_inputs:
            raise NotInvertibleError(
                "The byDimension leaves an input axis unused or uses it twice; it has no inverse.",
                self.place,
            )
        return SideBySide(
            tuple((mapping.inverse(), outputs, inputs) for mapping, inputs, outputs in self.items),
            self.ndim_out,
            self.ndim_in,
            self.place,
        )

    def apply(
        self, points: NDArray[np.float64], moving: Moving | None = None
    ) -> NDArray[np.float64]:
        """Move each group of axes by its own mapping."""
        import numpy as np

        if points.shape[1] != self.ndim_in:
            raise DimensionalityError(
                f"The byDimension takes {self.ndim_in} dimensions; the points have "
                f"{points.shape[1]}.",
                self.place,
            )
        result = np.empty((len(points), self.ndim_out), dtype=np.float64)
        for mapping, inputs, outputs in self.items:
            result[:, outputs] = mapping.apply(points[:, inputs], moving)
        return result


@dataclass(frozen=True)
class Mapping:
    """A map of points from `ndim_in` to `ndim_out` dimensions: steps, first to last.

    Without steps it is the identity; its dimensions are None where nothing tells them.
    """

    ndim_in: int | None
    ndim_out: int | None
    steps: tuple[Step, ...] = ()

    @classmethod
    def from_rows(cls, rows: Rows, back: Rows | None = None, *, place: str = "") -> Mapping:
        """Make a mapping of an affine map that was judged before, and perhaps its way back."""
        return cls(len(rows[0]) - 1, len(rows), (LinearStep(rows, place, back),))

    @classmethod
    def chain(cls, mappings: Sequence[Mapping]) -> Mapping:
        """Join mappings, first to last.

        Raises
        ------
        DimensionalityError
            When one does not take what the one before it gives.
        """
        first: int | None = None
        current: int | None = None
        steps: list[Step] = []
        for mapping in mappings:
            if current is not None and mapping.ndim_in is not None and current != mapping.ndim_in:
                raise DimensionalityError(
                    f"A mapping of {mapping.ndim_in} dimensions cannot follow one that gives "
                    f"{current}."
                )
            if not steps and first is None:
                first = mapping.ndim_in
            current = mapping.ndim_out if mapping.steps else (mapping.ndim_out or current)
            steps += mapping.steps
        return cls(first, current, tuple(steps))

    @cached_property
    def rows(self) -> Rows | None:
        """The affine map of the whole chain as tuples; None when a step is not one."""
        result: Rows | None = None
        for step in self.steps:
            if step.rows is None:
                return None
            result = step.rows if result is None else plain.compose(result, step.rows)
        if result is None and self.ndim_in is not None:
            return plain.identity(self.ndim_in)
        return result

    @cached_property
    def matrix(self) -> NDArray[np.float64] | None:
        """The affine map of the whole chain, M x (N+1); None when a step is not one."""
        import numpy as np

        return None if self.rows is None else np.array(self.rows, dtype=np.float64)

    @property
    def needs(self) -> tuple[str, ...]:
        """Paths of the fields that moving points takes, as written."""
        return tuple(dict.fromkeys(path for step in self.steps for path in step.needs))

    @property
    def invertibility(self) -> Invertibility:
        """How there is a way back, if there is one."""
        return worst(step.invertibility for step in self.steps)

    def reading(self, fields: FieldReader) -> Mapping:
        """Give the same mapping with what opens its displacement and coordinate fields.

        Nothing is opened before points come to it.
        """
        if not self.needs and self.invertibility != "explicit":
            return self
        return replace(self, steps=tuple(step.reading(fields) for step in self.steps))

    def inverse(self) -> Mapping:
        """Give the way back.

        Raises
        ------
        NotInvertibleError
            When a step has none; `place` says which.
        """
        back = tuple(step.inverse() for step in reversed(self.steps))
        return Mapping(self.ndim_out, self.ndim_in, back)

    @cached_property
    def folded(self) -> tuple[Step, ...]:
        """The same steps, each run of affine ones as one."""
        result: list[Step] = []
        for step in self.steps:
            rows = step.rows
            before = result[-1].rows if result else None
            if rows is not None and before is not None:
                result[-1] = LinearStep(plain.compose(before, rows))
            else:
                result.append(step if rows is None else LinearStep(rows))
        return tuple(result)

    def apply(
        self, points: NDArray[np.float64], moving: Moving | None = None
    ) -> NDArray[np.float64]:
        """Move points (n, N) to (n, M).

        Parameters
        ----------
        moving
            What to do where a field ends, and the account of it; without one, points
            outside a field are an error.

        Raises
        ------
        DimensionalityError
            When the points have another number of coordinates.
        FieldError
            When a field on the way cannot be used.
        """
        if points.ndim != 2 or self.ndim_in not in (None, points.shape[1]):
            raise DimensionalityError(
                f"The points have shape {points.shape}; expected (n, {self.ndim_in})."
            )
        if not self.steps:
            return points
        if moving is None:
            moving = Moving()
            moving.begin(len(points))
        for step in self.folded:
            points = step.apply(points, moving)
        if self.ndim_out not in (None, points.shape[1]):
            raise DimensionalityError(
                f"A field leads to points of {points.shape[1]} dimensions; expected "
                f"{self.ndim_out}."
            )
        return points
