"""Checks as a reader sees them: sign, words, what was expected and what was seen."""

from __future__ import annotations

from collections.abc import Sequence

from apim_aks.page.html import Content, Html, code, element, joined, mark, paragraph, table
from apim_aks.page.tables.workload_tables import counted
from apim_aks.topology.check import Check, State

_KIND = {State.PASS: "pass", State.FAIL: "fail", State.NOT_RUN: "none"}


def state_mark(state: State) -> Html:
    """The state as sign and word."""
    return mark(_KIND[state], state.sign, state.label)


def checks_table(checks: Sequence[Check], caption: str = "Checks") -> Html:
    """Every check: those that were run with what was seen, then those that were not, and why."""
    return settled_table(checks, caption) + not_run_table(checks)


def settled_table(checks: Sequence[Check], caption: str = "Checks") -> Html:
    """How all checks ended, and what was seen in each that was run, failures first."""
    run = [c for c in checks if c.state is not State.NOT_RUN]
    rows = (_row(c) for c in sorted(run, key=lambda c: c.state is not State.FAIL))
    columns = ("Check", "State", "Claim", "Expected", "Observed", "How")
    return checks_summary(checks) + table(columns, rows, caption, whole=True)


def _row(check: Check) -> tuple[Content, ...]:
    state = state_mark(check.state)
    return code(check.id), state, check.claim, check.expected, check.observed, check.how


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
    return table(columns, rows, "Checks of each option", whole=True)


def not_run_table(checks: Sequence[Check]) -> Html:
    """What only the built thing can show: why it was not asked, said once, and how it would be."""
    reasons: dict[str, list[Check]] = {}
    for check in checks:
        if check.state is State.NOT_RUN:
            reasons.setdefault(check.reason, []).append(check)
    return joined(_not_run(reason, found) for reason, found in reasons.items())


def _not_run(reason: str, checks: Sequence[Check]) -> Html:
    rows = ((code(c.id), c.claim, c.expected, c.how) for c in checks)
    caption = f"{counted(len(checks), 'check')} not run: {reason}"
    return table(("Check", "Claim", "Expected", "How it is asked"), rows, caption, whole=True)


def failed_table(checks: Sequence[Check]) -> Html:
    """The checks that failed: what was promised, and what was seen."""
    rows = (
        (code(c.id), c.claim, c.severity.value, c.expected, c.observed)
        for c in checks
        if c.state is State.FAIL
    )
    return table(
        ("Check", "Claim", "Severity", "Expected", "Observed"), rows, "Checks failed", whole=True
    )
