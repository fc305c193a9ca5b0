"""What rewriting a document leaves behind: where each part came from, and what was odd."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from catalog.metadata.problems import Place, Problem, Severity, as_pointer

# How far back an equal problem is looked for.
_RECENT = 20


@dataclass(slots=True)
class Trace:
    """The places that parts of a normal form had in the document as it stood.

    Attributes
    ----------
    older_forms
        How to report a form that 0.6 has given up; None when the document's version
        allows it (or when nobody asks).
    problems
        What was found while rewriting.
    """

    older_forms: Severity | None = None
    problems: list[Problem] = field(default_factory=list)
    _origins: dict[int, Place] = field(default_factory=dict)
    _turned: set[int] = field(default_factory=set)
    _parts: list[object] = field(default_factory=list)

    def came_from(self, part: dict[str, Any], place: Place) -> dict[str, Any]:
        """Remember the place of a part, and return the part."""
        self._origins[id(part)] = place
        # An identity is only good while its object lives.
        self._parts.append(part)
        return part

    def origin(self, part: object) -> Place | None:
        """Return where a part came from; None for one that nobody has remembered."""
        return self._origins.get(id(part))

    def turn(self, part: dict[str, Any]) -> None:
        """Mark a transformation as leading from its output to its input."""
        self._turned.add(id(part))

    def is_turned(self, part: object) -> bool:
        """Tell whether a transformation was marked so."""
        return id(part) in self._turned

    def report(self, code: str, place: Place, severity: Severity, message: str) -> None:
        """Add a problem, once: one value may stand in two places of a normal form."""
        problem = Problem(code, as_pointer(place), severity, message)
        if problem not in self.problems[-_RECENT:]:
            self.problems.append(problem)

    def older(self, place: Place, form: str, instead: str) -> None:
        """Report a form that 0.6 no longer has, if the document claims to be 0.6."""
        if self.older_forms is not None:
            message = f"{form} is a form of earlier versions; write {instead}."
            self.report("older-form", place, self.older_forms, message)
