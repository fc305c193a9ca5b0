"""What rewriting a document leaves behind: where each part came from, and what was odd."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from catalog.metadata.problems import Place, Problem, Severity, as_pointer
from catalog.metadata.versions import Version

# How far back an equal problem is looked for.
_RECENT = 20


@dataclass(slots=True)
class Trace:
    """The places that parts of a normal form had in the document as it stood.

    Attributes
    ----------
    version
        The version that the document claims: a form that it has given up is a problem.
        OTHER allows all forms.
    problems
        What was found while rewriting.
    """

    version: Version = Version.OTHER
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

    def older(self, place: Place, form: str, instead: str, since: Version) -> None:
        """Report a form that was given up in a version, if the document claims that or a later."""
        if self.version < since:
            return
        pointer = as_pointer(place)
        # One form may be old in two ways; to say one is enough.
        if not any(problem.pointer == pointer for problem in self.problems[-_RECENT:]):
            message = f"{form} is a form of earlier versions; write {instead}."
            self.report("older-form", place, "error", message)
