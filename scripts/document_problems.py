"""Write docs/problems.md from the rules themselves: `python scripts/document_problems.py`.

With `--check` nothing is written; the exit status says whether the file is up to date.
"""

from __future__ import annotations

import sys
from pathlib import Path

from catalog.metadata.rules.registry import FAMILIES
from catalog.metadata.rules.rule import Rule

PAGE = Path(__file__).parent.parent / "docs" / "problems.md"

HEAD = """\
# Problems

What `catalog index` records about documents, and what `catalog check` prints. Each problem
has a code, the JSON pointer (RFC 6901) to its place in the attributes of the group as they
stood, and a sentence that says what is wrong.

An **error** makes a document invalid by the rules of its version. A **warning** does not:
somebody should look. Documents that the specification's own conformance tests declare valid
have no error here; where the text of the specification forbids what those tests allow, there
is a warning. Rules that name no versions hold for all of them. A document of a version that
is not known is judged only by rules that hold for all versions.

Problems marked *hierarchy* depend on other documents or arrays, and are not looked for when
one file of attributes is checked alone (`catalog check --attributes`). Those marked *strict*
are looked for by `catalog check --strict` only.

<!-- Written by scripts/document_problems.py; edit catalog/metadata/rules/*_rules.py instead. -->
"""


def page() -> str:
    """Render the page."""
    parts = [HEAD]
    for family, rules in FAMILIES.items():
        parts += [f"\n## {family}\n\n", "| code | severity | versions | meaning |\n"]
        parts.append("|---|---|---|---|\n")
        parts += [_row(rule) for rule in rules]
    return "".join(parts)


def _row(rule: Rule) -> str:
    marks = ["hierarchy"] if rule.elsewhere else []
    marks += ["strict"] if rule.strict else []
    meaning = " ".join([rule.meaning, *(f"*({mark})*" for mark in marks)])
    return f"| `{rule.code}` | {rule.severity} | {rule.versions or 'all'} | {meaning} |\n"


def main() -> int:
    """Write the page, or check it."""
    if "--check" in sys.argv[1:]:
        return int(not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page())
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
