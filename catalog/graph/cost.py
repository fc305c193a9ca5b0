"""What a step of a path costs: the one table, of `catalog.geometry.walking`."""

from __future__ import annotations

from catalog.geometry.walking import (
    EXACT_INVERSE,
    FIELD,
    IMPLIED,
    NUMERIC_INVERSE,
    STEP,
    forward_cost,
    inverse_cost,
)

__all__ = [
    "EXACT_INVERSE",
    "FIELD",
    "IMPLIED",
    "NUMERIC_INVERSE",
    "STEP",
    "forward_cost",
    "inverse_cost",
]
