"""What can be searched for: the documented list."""

from __future__ import annotations

from catalog.errors import UsageError
from catalog.query.search.connections import SYSTEMS, TRANSFORMATIONS
from catalog.query.search.fields import Subject
from catalog.query.search.groups import PLATES, SCENES
from catalog.query.search.images import IMAGES, LABELS

SUBJECTS: dict[str, Subject] = {
    subject.name: subject for subject in (IMAGES, LABELS, SCENES, PLATES, SYSTEMS, TRANSFORMATIONS)
}


def subject_of(name: str) -> Subject:
    """Find what is to be searched for.

    Raises
    ------
    UsageError
        When it is nothing of the kind.
    """
    found = SUBJECTS.get(name)
    if found is None:
        raise UsageError(f"Nothing is called {name!r}; search for one of {', '.join(SUBJECTS)}.")
    return found
