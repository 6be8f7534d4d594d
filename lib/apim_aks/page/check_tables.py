"""Checks as a reader sees them: sign, words, what was expected and what was seen."""

from __future__ import annotations

from collections.abc import Sequence

from apim_aks.check import Check, State
from apim_aks.page.html import Content, Html, code, element, mark, paragraph, table
from apim_aks.page.workload_tables import counted

_KIND = {State.PASS: "pass", State.FAIL: "fail", State.NOT_RUN: "none"}


def state_mark(state: State) -> Html:
    """The state as sign and word."""
    return mark(_KIND[state], state.sign, state.label)


def checks_table(checks: Sequence[Check], caption: str = "Checks") -> Html:
    """Every check: how it ended, what was expected, what was seen or why it was not run."""
    rows = (_row(c) for c in sorted(checks, key=lambda c: list(State).index(c.state)))
    columns = ("Check", "State", "Claim", "Expected", "Observed", "How")
    return checks_summary(checks) + table(columns, rows, caption)


def _row(check: Check) -> tuple[Content, ...]:
    seen = check.observed or f"not run: {check.reason}"
    return code(check.id), state_mark(check.state), check.claim, check.expected, seen, check.how


def checks_summary(checks: Sequence[Check]) -> Html:
    """How many passed, failed and were not run."""
    parts = [
        mark(_KIND[state], state.sign, f"{sum(c.state is state for c in checks)} {state.label}")
        for state in State
    ]
    spaced = [p for part in parts for p in (part, Html(" "))]
    return paragraph(element("strong", f"{counted(len(checks), 'check')}: "), *spaced)


def checks_by_option(checks: Sequence[Check]) -> Html:
    """One line for each option: how its checks ended."""
    options = list(dict.fromkeys(c.option for c in checks))
    rows = (
        (option, *(str(sum(c.option == option and c.state is s for c in checks)) for s in State))
        for option in options
    )
    columns = ("Option", *(f"{s.sign} {s.label}" for s in State))
    return table(columns, rows, "Checks of each option")


def not_run_table(checks: Sequence[Check]) -> Html:
    """What only the built thing can show: from where, how, and why it was not asked."""
    rows = (
        (code(c.id), c.claim, c.expected, c.how, c.reason)
        for c in checks
        if c.state is State.NOT_RUN
    )
    return table(("Check", "Claim", "Expected", "How", "Not run because"), rows, "Checks not run")


def failed_table(checks: Sequence[Check]) -> Html:
    """The checks that failed: what was promised, and what was seen."""
    rows = (
        (code(c.id), c.claim, c.severity.value, c.expected, c.observed)
        for c in checks
        if c.state is State.FAIL
    )
    return table(("Check", "Claim", "Severity", "Expected", "Observed"), rows, "Checks failed")
