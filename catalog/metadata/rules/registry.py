"""Every problem that a document can have: its code, severity, versions and meaning."""

from __future__ import annotations

from catalog.metadata.problems import Problem
from catalog.metadata.rules.document_rules import DOCUMENT_RULES
from catalog.metadata.rules.graph_rules import GRAPH_RULES
from catalog.metadata.rules.reading_rules import READING_RULES
from catalog.metadata.rules.rule import Rule

FAMILIES: dict[str, tuple[Rule, ...]] = {**READING_RULES, **GRAPH_RULES, **DOCUMENT_RULES}
RULES: dict[str, Rule] = {rule.code: rule for rules in FAMILIES.values() for rule in rules}


def problem(code: str, pointer: str, message: str, location: str = "") -> Problem:
    """Make the problem that breaking a rule is, with the rule's severity."""
    return Problem(code, pointer, RULES[code].severity, message, location)
