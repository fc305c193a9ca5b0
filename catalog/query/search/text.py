"""The words that somebody types: one small grammar, for every database.

``brain atlas`` both words · ``"left lobe"`` words in a row · ``-draft`` not this word ·
``pre*`` any word that starts so. Case and accents do not count, and what separates words
does not either: ``tile_3`` are two words in a row.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from catalog.database.words import words
from catalog.errors import UsageError

MOST = 100
"""Words of one search."""

_TERM = re.compile(r'(?P<no>-?)(?:"(?P<phrase>[^"]*)"|(?P<bare>[^\s"]+?))(?P<prefix>\*?)(?=\s|$)')


@dataclass(frozen=True, slots=True)
class Term:
    """Words in a row; with `prefix`, the last one may go on; with `unwanted`, not these."""

    words: tuple[str, ...]
    prefix: bool = False
    unwanted: bool = False


def parse_text(text: str | None) -> tuple[Term, ...]:
    """Read what is to be looked for; nothing means everything.

    Raises
    ------
    UsageError
        When a quotation mark stands alone, or something has neither letters nor digits.

    Examples
    --------
    >>> parse_text('Größe -"old data"')
    (Term(words=('grosse',), prefix=False, unwanted=False),
     Term(words=('old', 'data'), prefix=False, unwanted=True))
    """
    terms = []
    rest = (text or "").strip()
    while rest:
        found = _TERM.match(rest)
        if found is None:
            raise UsageError(
                f"The text {text!r} cannot be read at {rest[:20]!r}: quotation marks come in pairs "
                "with blanks around them, as in 'brain \"left lobe\" -draft tile*'."
            )
        said = found["phrase"] if found["phrase"] is not None else found["bare"]
        row = tuple(words(said))
        if not row:
            raise UsageError(
                f"{found[0]!r} has neither letters nor digits, and there is nothing else to be "
                "found by; leave it out."
            )
        terms.append(Term(row, bool(found["prefix"]), bool(found["no"])))
        rest = rest[found.end() :].lstrip()
    if sum(len(term.words) for term in terms) > MOST:
        raise UsageError(f"The text has more than {MOST} words; a few are enough to find by.")
    return tuple(terms)
