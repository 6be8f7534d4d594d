"""What a design and its checks found: failed checks, files left out, what may open access."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from apim_aks.decision.design import Design
from apim_aks.decision.outcome import holds, outcome
from apim_aks.difference import Difference, Gate
from apim_aks.page.results.changed import changed, gate_cases
from apim_aks.page.results.outcome import Level, Outcome, Place, Result, case_of, refused
from apim_aks.page.results.repository import places_in
from apim_aks.page.results.rules import rule_of, rule_of_check, rule_of_opening
from apim_aks.topology import Derived, DesignRule, Measured
from apim_aks.topology.check import Check, Severity, State
from apim_aks.workload.documents import Parsed
from apim_aks.workload.model import Service
from apim_aks.workload.opening import Opening

Key = tuple[str, ...]
_KEYS: dict[DesignRule, Key] = {
    DesignRule.TIER_CAN: ("tier",),
    DesignRule.CONTROLLER_SUPPORTED: ("ingress_controller",),
    DesignRule.GATEWAY_ADDRESS_IS_FIXED: ("tier",),
    DesignRule.NOTHING_AROUND_THE_EDGE: ("edge",),
}
"""The key of a placement that a rule of the design hangs on most, where there is one."""


def of_design(
    command: str,
    design: Design,
    checks: Sequence[Check],
    file: Parsed,
    option: str = "",
    since: Difference | None = None,
    gates: Collection[Gate] = (),
) -> Outcome:
    """What a command found of a design, and what changed; `file` is workload.yaml as it was read.

    `gates` are the changes that fail the command.

    A check of the option named, else of the one that is recorded or comes first, is an error where
    it fails; those of the others are to be known.
    """
    subject = option or (design.chosen.option.id if design.chosen else "")
    found = _Found(design, tuple(checks), file, subject)
    changes = changed(since, design, file, gates) if since else ()
    cases = (*map(case_of, checks), *(gate_cases(since, gates) if since else ()))
    results = (*found.left_out(), *found.failed(), *found.lost(), *changes, *found.openings())
    return Outcome(command, design.workload.name, results, cases)


@dataclass(frozen=True, slots=True)
class _Found:
    design: Design
    checks: tuple[Check, ...]
    file: Parsed
    subject: str

    def left_out(self) -> Iterator[Result]:
        rule = rule_of("input-refused")
        findings = self.design.workload.findings
        return (refused(finding, rule) for finding in findings if finding.refused)

    def failed(self) -> Iterator[Result]:
        for check in self.checks:
            if check.state is State.FAIL:
                yield Result(
                    rule=rule_of_check(check),
                    level=self._level(check),
                    message=f"Expected: {check.expected}. Observed: {check.observed}.",
                    places=self._places(check),
                    subject=check.option,
                )

    def _level(self, check: Check) -> Level:
        if check.option != self.subject:
            return Level.NOTE
        return Level.ERROR if check.severity is Severity.MUST else Level.WARNING

    def _places(self, check: Check) -> tuple[Place, ...]:
        """What the check itself names, else the Services it names, else the key that decides."""
        workload = self.design.workload
        named = places_in(f"{check.observed} {check.how}", (name for name, _ in workload.digests))
        services = (_place(s) for s in workload.services if _names(check.observed, s))
        found = tuple(dict.fromkeys(named)) or tuple(dict.fromkeys(services))
        return found or (Place(self.file.file, self._line(check)),)

    def _line(self, check: Check) -> int:
        """The line of the placement's key, of the recorded decision, or of the name."""
        keys = (("placements", check.option, *self._key(check)), ("decision", "option"), ("name",))
        top = self.file.data
        there = (key for key in keys if isinstance(top, dict) and _begins(top, key))
        return self.file.line_of(*next(there, ()))

    def _key(self, check: Check) -> Key:
        expected = self.design.placement(check.option).topology.expectations
        test = next((e.test for e in expected if e.id == check.id), None)
        if isinstance(test, Measured):
            return ("entry",)
        return _KEYS.get(test.rule, ()) if isinstance(test, Derived) else ()

    def lost(self) -> Iterator[Result]:
        if not holds(self.design):
            yield Result(
                rule=rule_of("decision-lost"),
                level=Level.ERROR,
                message=outcome(self.design),
                places=(Place(self.file.file, self.file.line_of("decision", "option")),),
                subject=self.design.workload.decided,
            )

    def openings(self) -> Iterator[Result]:
        """Those that may lead to what is published; to anything where nobody knows to what."""
        published = self.design.mapping.published
        for opening in self.design.workload.openings:
            if not opening.services or any(map(opening.leads_to, published)):
                yield _opened(opening)


def _begins(data: dict[str, object], key: Key) -> bool:
    """The file has the key, or for a placement the option that it is a key of."""
    held = data.get(key[0])
    return held is not None and (len(key) == 1 or (isinstance(held, dict) and key[1] in held))


def _place(service: Service) -> Place:
    return Place(service.file, service.line)


def _names(text: str, service: Service) -> bool:
    return bool(service.file and re.search(rf"(?<![\w/-]){re.escape(service.id)}(?![\w/-])", text))


def _opened(opening: Opening) -> Result:
    row = opening.row
    return Result(
        rule=rule_of_opening(row),
        level=Level.WARNING if row.reach == "internet" else Level.NOTE,
        message=f"{opening.sentence}; {row.advice}.",
        places=(Place(opening.file, opening.line),),
        subject=f"{opening.kind} {opening.name} {opening.detail}",
    )
