"""How boxes may lie to each other, and which distance counts as none."""

from __future__ import annotations

from typing import Literal

Relation = Literal["overlaps", "within", "contains"]

RELATIVE = 1e-9
"""Of the shapes: a smaller distance counts as none."""
ROUNDING = 1e-12
"""Of coordinates: what rounding may have made of them."""
NOTHING = 1e-14
"""Of a row of generators: what is smaller is what rounding left of a zero."""
