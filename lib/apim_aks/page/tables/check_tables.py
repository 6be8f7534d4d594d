"""Checks as a reader sees them: sign, words, what was expected and what was seen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from apim_aks.columns import Column
from apim_aks.listing import counted
from apim_aks.page.html import Html, code, element, joined, mark, paragraph, table
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
    failures_first = sorted(run, key=lambda c: c.state is not State.FAIL)
    listed = table(
        caption,
        failures_first,
        Column("Check", lambda c: code(c.id)),
        Column("State", lambda c: state_mark(c.state)),
        Column("Claim", lambda c: c.claim),
        Column("Expected", lambda c: c.expected),
        Column("Observed", lambda c: c.observed),
        Column("How", lambda c: c.how),
        whole=True,
    )
    return checks_summary(checks) + listed


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
    return table(
        "Checks of each option",
        dict.fromkeys(c.option for c in checks),
        Column("Option", str),
        *(Column(f"{s.sign} {s.label}", partial(_ended, checks, s)) for s in State),
        whole=True,
    )


def _ended(checks: Sequence[Check], state: State, option: str) -> str:
    return str(sum(c.option == option and c.state is state for c in checks))


def not_run_table(checks: Sequence[Check]) -> Html:
    """The checks that were not run: the reason, and how each would be run."""
    reasons: dict[str, list[Check]] = {}
    for check in checks:
        if check.state is State.NOT_RUN:
            reasons.setdefault(check.reason, []).append(check)
    return joined(_not_run(reason, found) for reason, found in reasons.items())


def _not_run(reason: str, checks: Sequence[Check]) -> Html:
    return table(
        f"{counted(len(checks), 'check')} not run: {reason}",
        checks,
        Column("Check", lambda c: code(c.id)),
        Column("Claim", lambda c: c.claim),
        Column("Expected", lambda c: c.expected),
        Column("How it is asked", lambda c: c.how),
        whole=True,
    )


def failed_table(checks: Sequence[Check]) -> Html:
    """The checks that failed: what was promised, and what was seen."""
    return table(
        "Checks failed",
        (c for c in checks if c.state is State.FAIL),
        Column("Check", lambda c: code(c.id)),
        Column("Claim", lambda c: c.claim),
        Column("Severity", lambda c: c.severity.value),
        Column("Expected", lambda c: c.expected),
        Column("Observed", lambda c: c.observed),
        whole=True,
    )
