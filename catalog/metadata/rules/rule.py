"""A rule: what a document must hold, and what breaking it means."""

from __future__ import annotations

from dataclasses import dataclass

from catalog.metadata.problems import Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, and what breaking it means.

    Attributes
    ----------
    code
        Stable kebab-case name.
    severity
        ``error``: a document that breaks the rule is invalid. ``warning``: it is valid,
        and somebody should look.
    versions
        The versions of OME-Zarr that have the rule, in words; empty for all.
    meaning
        What is wrong with a document that breaks the rule.
    elsewhere
        True when other documents than the one at hand decide it.
    strict
        True for what only the strict check asks for.
    """

    code: str
    severity: Severity
    versions: str
    meaning: str
    elsewhere: bool = False
    strict: bool = False
