"""SQL as a person typed it: its words, its parameters, and the place of a mistake."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal, NamedTuple

from catalog.errors import StatementError, UsageError

TokenKind = Literal["space", "text", "name", "word", "parameter", "escaped", "other"]

READING = ("select", "with", "values", "table", "explain")
"""Words that a statement which only reads can start with."""

_OPTIONS = ("analyze", "analyse", "verbose", "query", "plan")

# What both databases share; what only one of them has stands in `_OWN`.
_SHARED = r"""
    (?P<line>--[^\n]*)
  | (?P<text>'(?:[^']|'')*')
  | (?P<name>"(?:[^"]|"")*")
  | (?P<cast>::)
  | (?P<parameter>:[A-Za-z_]\w*)
  | (?P<word>[^\W\d][\w$]*)
  | (?P<space>\s+)
  | (?P<number>\d[\w.]*)
  | (?P<other>.)
"""
_OWN = {
    "sqlite": r"(?P<block>/\*.*?(?:\*/|\Z)) | (?P<own_name>`(?:[^`]|``)*`|\[[^\]]*\])",
    "postgresql": (
        r"(?P<escaped>[uU]&[\"']) | (?P<own_text>[eE]'(?:[^'\\]|\\.|'')*')"
        r" | (?P<dollar>\$(?P<tag>[^\W\d]\w*)?\$.*?\$(?P=tag)?\$)"
    ),
}
_PATTERNS = {
    name: re.compile(f"{own} | {_SHARED}", re.VERBOSE | re.DOTALL) for name, own in _OWN.items()
}
_KINDS: dict[str, TokenKind] = {
    "line": "space",
    "block": "space",
    "space": "space",
    "text": "text",
    "own_text": "text",
    "dollar": "text",
    "name": "name",
    "own_name": "name",
    "word": "word",
    "parameter": "parameter",
    "escaped": "escaped",
}


class Token(NamedTuple):
    """A piece of a statement; comments are space."""

    kind: TokenKind
    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement, read as one of the databases reads it.

    Attributes
    ----------
    grammar
        ``sqlite`` or ``postgresql``: they quote and comment in ways of their own.
    """

    text: str
    grammar: Literal["sqlite", "postgresql"]

    def tokens(self) -> Iterator[Token]:
        """Cut it into pieces; nothing is left out."""
        pattern = _PATTERNS[self.grammar]
        at = 0
        while at < len(self.text):
            if self.grammar == "postgresql" and self.text.startswith("/*", at):
                end = _end_of_nested_comment(self.text, at)
                yield Token("space", self.text[at:end], at)
                at = end
                continue
            found = pattern.match(self.text, at)
            assert found is not None  # the last alternative takes any character
            group = found.lastgroup or "other"
            if group == "tag":
                group = "dollar"
            yield Token(_KINDS.get(group, "other"), found[0], at)
            at = found.end()

    def first_word(self) -> Token | None:
        """Find the word that it starts with; None when it starts with none."""
        for token in self.tokens():
            if token.kind == "word":
                return token
            if token.kind != "space" and token.text != "(":
                break
        return None

    def explained(self) -> int | None:
        """Find where the query starts of which a plan is asked for; None when none is."""
        tokens = [token for token in self.tokens() if token.kind != "space"]
        words = [token.text.lower() for token in tokens]
        if words[:1] != ["explain"]:
            return None
        at = 1
        while at < len(words):
            if words[at] == "(" and words[at + 1 : at + 2] != ["("]:
                if words[at + 1 : at + 2] and words[at + 1] in READING:
                    break
                # Options in parentheses; they hold none themselves.
                at = words.index(")", at) if ")" in words[at:] else len(words)
            elif words[at] not in _OPTIONS:
                break
            at += 1
        return tokens[at].start if at < len(tokens) else tokens[0].start

    def refuse_other_than_reading(self) -> None:
        """Say in words that a statement of another kind is not accepted.

        What holds it off is not this but the connection, which cannot write.

        Raises
        ------
        StatementError
        """
        if all(token.kind == "space" or token.text == ";" for token in self.tokens()):
            raise StatementError("The statement is empty.", self.text)
        word = self.first_word()
        if word is not None and word.text.lower() not in READING:
            raise self.error(
                "Only statements that read are accepted (SELECT, WITH, VALUES, EXPLAIN); this one "
                f"starts with {word.text.upper()}.",
                word.start,
            )

    def check_parameters(self, given: Collection[str]) -> None:
        """Hold the parameters of the statement against those that have a value.

        Raises
        ------
        StatementError, UsageError
        """
        named: dict[str, int] = {}
        for token in self.tokens():
            if token.kind == "parameter":
                named.setdefault(token.text[1:], token.start)
        for name, start in named.items():
            if name not in given:
                raise self.error(f"The parameter :{name} has no value.", start)
        unused = [name for name in given if name not in named]
        if unused:
            raise UsageError(
                f"The statement has no parameter :{unused[0]}"
                + (f"; it has :{', :'.join(named)}." if named else ".")
            )

    def code(self) -> str:
        """Give it with blanks for its comments and texts, each character in its place."""
        return "".join(
            " " * len(token.text) if token.kind in ("space", "text") else token.text
            for token in self.tokens()
        )

    def place_of(self, name: str) -> int | None:
        """Find where a name stands first, outside of texts and comments."""
        parts = [rf'["`\[]?{re.escape(part)}["`\]]?' for part in name.split(".")]
        found = re.search(
            r"(?<![\w$])" + r"\s*\.\s*".join(parts) + r"(?![\w$])", self.code(), re.IGNORECASE
        )
        return None if found is None else found.start()

    def error(self, words: str, start: int | None = None) -> StatementError:
        """Make the error that shows a place in the statement."""
        if start is None:
            return StatementError(words, self.text)
        start = min(start, len(self.text.rstrip()))
        line = self.text.count("\n", 0, start) + 1
        begin = self.text.rfind("\n", 0, start) + 1
        end = self.text.find("\n", start)
        shown, before = _excerpt(self.text[begin : None if end < 0 else end], start - begin)
        lead = f"  line {line}: "
        mark = f"{' ' * (len(lead) + len(before))}^"
        return StatementError(f"{words}\n{lead}{shown}\n{mark}", self.text, line, start - begin + 1)


_WIDE = 100


def _excerpt(line: str, column: int) -> tuple[str, str]:
    """Give a line, shortened around a column, and what of it is shown before that column."""
    line = re.sub(r"[\t\r]", " ", line)
    if len(line) <= _WIDE:
        return line, line[:column]
    begin = max(0, column - _WIDE // 2)
    head = "… " if begin else ""
    tail = " …" if begin + _WIDE < len(line) else ""
    return f"{head}{line[begin : begin + _WIDE]}{tail}", head + line[begin:column]


def _end_of_nested_comment(text: str, start: int) -> int:
    depth = 0
    for found in re.compile(r"/\*|\*/").finditer(text, start):
        depth += 1 if found[0] == "/*" else -1
        if depth == 0:
            return found.end()
    return len(text)


def suggestion(statement: Statement, unknown: str, kind: Literal["table", "column"]) -> str:
    """Name what an unknown name may have meant: ``; did you mean …?``, or nothing."""
    relations = _relations()
    if kind == "table":
        candidates = set(relations)
    else:
        code = statement.code().lower()
        used = [name for name in relations if re.search(rf"\b{name}\b", code)]
        candidates = {column for name in used or relations for column in relations[name]}
    unknown = unknown.rpartition(".")[2].strip('"').lower()
    near = get_close_matches(unknown, sorted(candidates), n=1)
    if not near and kind == "table":
        near = [name for name in (f"report_{unknown}",) if name in candidates]
    return f"; did you mean {near[0]}?" if near else ""


def _relations() -> Mapping[str, Collection[str]]:
    from catalog.database.schema import metadata
    from catalog.database.views import views

    return {
        table.name: table.columns.keys()
        for table in (*metadata.tables.values(), *views.tables.values())
    }
