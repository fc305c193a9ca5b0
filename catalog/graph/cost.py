"""What a step of a path costs: one table, for searches in memory and in a database.

=======================================  =====
a step                                    1000
an edge the specification only implies    +500
a field to look up                        +200
an inverse, in closed form or stated       +10
an inverse to be found by iteration      +5000
=======================================  =====

So few steps are preferred over many, stated over implied, affine over fields, forward
over inverse and closed form over numeric, and none of it depends on rounding: costs are
whole numbers.
"""

from __future__ import annotations

from functools import cache

STEP = 1000
IMPLIED = 500
FIELD = 200
EXACT_INVERSE = 10
NUMERIC_INVERSE = 5000

_FIELDS = ("displacements", "coordinates")


@cache
def forward_cost(type_: str, invertibility: str, origin: str) -> int:
    """Give the cost of walking an edge in its declared direction."""
    field = type_ in _FIELDS or invertibility == "numeric"
    return STEP + IMPLIED * (origin == "implied") + FIELD * field


@cache
def inverse_cost(type_: str, invertibility: str, origin: str) -> int | None:
    """Give the cost of walking an edge backwards; None when there is no way back."""
    if invertibility == "no":
        return None
    backwards = NUMERIC_INVERSE if invertibility == "numeric" else EXACT_INVERSE
    return forward_cost(type_, invertibility, origin) + backwards
