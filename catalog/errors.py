"""What can go wrong, drawn as one tree.

::

    CatalogError
    ├── UsageError                   the request itself is malformed         → read the help
    │   └── StatementError           an SQL statement is not accepted        → mend the statement
    ├── PointsError                  the points cannot be used               → mend the points
    ├── AddressError                 what was named cannot be found          → name something else
    │   ├── UnknownAddressError      nothing has this name; near ones given
    │   └── AmbiguousAddressError    several have this name; candidates given
    ├── NoPathError                  two coordinate systems are unconnected  → add a transformation
    ├── TransformationError          a transformation cannot be applied      → mend the document
    │   ├── DimensionalityError      lengths do not match
    │   ├── NotInvertibleError       there is no way back through it
    │   └── FieldError               a displacement or coordinate field is needed
    ├── DocumentError                a document cannot be understood         → mend the document
    ├── StoreError                   a location cannot be opened or read     → check the location
    └── DatabaseError                the database cannot be used             → check the database
        ├── TimeLimitError           an answer takes longer than it may      → ask for less
        ├── DatabaseMissingError     there is none yet
        └── DatabaseVersionError     it has another schema version

Each error carries what was found as attributes; the command line turns the
classes into exit codes in one place (``catalog.cli``).
"""

from __future__ import annotations

from collections.abc import Sequence


class CatalogError(Exception):
    """Root of all errors that this package raises on purpose."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UsageError(CatalogError):
    """The request is malformed: an option, a filter, a token."""


class StatementError(UsageError):
    """An SQL statement is not accepted; `line` and `column` (from 1) say where, if known."""

    def __init__(
        self, message: str, statement: str, line: int | None = None, column: int | None = None
    ) -> None:
        super().__init__(message)
        self.statement = statement
        self.line = line
        self.column = column


class PointsError(CatalogError):
    """The points given cannot be used: ragged, not numbers, not finite, of a wrong length."""


class AddressError(CatalogError):
    """What was named cannot be found."""

    def __init__(self, message: str, address: str) -> None:
        super().__init__(message)
        self.address = address


class UnknownAddressError(AddressError):
    """Nothing has this address; `near` holds addresses that resemble it."""

    def __init__(self, message: str, address: str, near: Sequence[str] = ()) -> None:
        super().__init__(message, address)
        self.near = tuple(near)


class AmbiguousAddressError(AddressError):
    """Several things have this address; `candidates` holds their full addresses."""

    def __init__(self, message: str, address: str, candidates: Sequence[str] = ()) -> None:
        super().__init__(message, address)
        self.candidates = tuple(candidates)


class NoPathError(CatalogError):
    """No chain of transformations leads from `source` to `target`."""

    def __init__(self, message: str, source: str, target: str) -> None:
        super().__init__(message)
        self.source = source
        self.target = target


class TransformationError(CatalogError):
    """A transformation cannot be applied; `place` says which (address or JSON pointer)."""

    def __init__(self, message: str, place: str = "") -> None:
        super().__init__(message)
        self.place = place


class DimensionalityError(TransformationError):
    """The numbers of dimensions do not match."""


class NotInvertibleError(TransformationError):
    """A transformation is needed backwards and has no inverse."""


class FieldError(TransformationError):
    """A displacement or coordinate field is needed and cannot be used."""


class DocumentError(CatalogError):
    """A document cannot be understood; `url` and `pointer` (RFC 6901) say where."""

    def __init__(self, message: str, url: str = "", pointer: str = "") -> None:
        super().__init__(message)
        self.url = url
        self.pointer = pointer


class StoreError(CatalogError):
    """A location cannot be opened, listed or read."""

    def __init__(self, message: str, url: str) -> None:
        super().__init__(message)
        self.url = url


class DatabaseError(CatalogError):
    """The database cannot be used."""


class TimeLimitError(DatabaseError):
    """An answer takes longer than it may, and was given up."""


class DatabaseMissingError(DatabaseError):
    """There is no catalog at this URL yet."""


class DatabaseVersionError(DatabaseError):
    """The database has another schema version; `found` and `expected` are alembic revisions."""

    def __init__(self, message: str, found: str | None, expected: str) -> None:
        super().__init__(message)
        self.found = found
        self.expected = expected
