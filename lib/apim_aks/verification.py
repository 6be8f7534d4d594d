"""Does an option keep its promises? Each expectation of its topology becomes a check.

What counting or dated rows settle is settled here. What only the built thing can show is `not_run`
with the reason, never green by omission.
"""

from __future__ import annotations

from collections.abc import Callable

from apim_aks.check import Check, State
from apim_aks.design import Design, Placement, refusal
from apim_aks.facts import network_rules
from apim_aks.measures import MEASURES, Subject, fronts, number
from apim_aks.topology import Expectation, Measured, Probe
from apim_aks.workload import WorkbookError

OFFLINE = "needs the deployed option; nothing was asked of Azure"

Verdict = tuple[bool, str]


class ChecksFailed(WorkbookError):
    """A check of the recorded or named option failed."""


def check_option(design: Design, option: str) -> tuple[Check, ...]:
    """Every check of this option that needs no Azure, and `not_run` for the rest."""
    placement = design.placement(option)
    return tuple(_check(design, placement, e) for e in placement.topology.expectations)


def check_all(design: Design) -> tuple[Check, ...]:
    """The checks of every option compared, in the order of the options."""
    return tuple(c for p in design.placements for c in check_option(design, p.option.id))


def failed(checks: tuple[Check, ...]) -> tuple[Check, ...]:
    """The checks that failed."""
    return tuple(c for c in checks if c.state is State.FAIL)


def binding(design: Design, option: str = "") -> tuple[Check, ...]:
    """The checks that must not fail: of the option named, else of the recorded decision."""
    subject = option or design.workload.decided
    return check_option(design, subject) if subject else ()


def require(checks: tuple[Check, ...]) -> None:
    """Nothing, as long as none of these checks failed.

    Raises:
        ChecksFailed: some failed; the sentence names them.
    """
    if broken := failed(checks):
        named = "; ".join(
            f"{c.id} (expected: {c.expected}; observed: {c.observed})" for c in broken
        )
        verb = "check fails" if len(broken) == 1 else "checks fail"
        raise ChecksFailed(f"{len(broken)} {verb}: {named}.")


def _check(design: Design, placement: Placement, expectation: Expectation) -> Check:
    test = expectation.test
    if isinstance(test, Probe):
        how = f"from {test.vantage}: {test.request} to {test.target}, expecting {test.outcome}"
        return _ended(placement, expectation, State.NOT_RUN, "", how, OFFLINE)
    if isinstance(test, Measured):
        holds, seen = _measured(placement, design, test)
        how = f"counted on the topology: {test.measure} at most {number(test.at_most)}"
    else:
        holds, seen = RULES[test.rule](design, placement)
        how = f"derived from the design: {test.rule.replace('-', ' ')}"
    return _ended(placement, expectation, State.PASS if holds else State.FAIL, seen, how, "")


def _ended(
    placement: Placement, expectation: Expectation, state: State, seen: str, how: str, why: str
) -> Check:
    return Check(
        expectation.id,
        placement.option.id,
        expectation.claim,
        expectation.severity,
        state,
        expectation.statement,
        seen,
        how,
        why,
    )


def _measured(placement: Placement, design: Design, test: Measured) -> Verdict:
    subject = Subject(
        placement.topology,
        design.mapping,
        placement.tier,
        design.workload.requirements,
        controller=placement.ingress_controller,
    )
    found = MEASURES[test.measure](subject)
    some = f" ({'; '.join(found.counted[:3])})" if found.counted else ""
    return found.high <= test.at_most, f"{found.text}{some}"


def _operations_reach_their_service(design: Design, placement: Placement) -> Verdict:
    lost = [s for s in design.mapping.published if not placement.topology.backend_path(s)]
    declared = {s.id: {o.key for o in s.operations} for s in design.workload.services}
    foreign = [
        f"{o.method} {o.backend_path}"
        for o in design.mapping.operations
        if not o.wildcard and (o.method, o.path) not in declared[o.service]
    ]
    if lost or foreign:
        return False, f"no path to {', '.join(lost) or 'none'}; foreign: {', '.join(foreign)}"
    count = len(design.mapping.operations)
    return True, f"{count} operations reach {len(design.mapping.published)} Services"


def _tier_can(design: Design, placement: Placement) -> Verdict:
    why = refusal(placement.option, placement.tier)
    return not why, why or f"{placement.tier.name} has {len(placement.option.needs)} of them"


def _one_audience_each(design: Design, placement: Placement) -> Verdict:
    seen: dict[str, list[str]] = {}
    for credential in placement.topology.credentials:
        seen.setdefault(credential.audience, []).extend(credential.services)
    shared = {a: s for a, s in seen.items() if len(s) > 1}
    if shared:
        return False, "; ".join(f"{a}: {', '.join(s)}" for a, s in shared.items())
    return True, f"{len(seen)} audiences for {len(design.mapping.published)} Services"


def _controller_supported(design: Design, placement: Placement) -> Verdict:
    row = placement.ingress_controller
    fine = row.status == "supported" and row.mtls == "documented"
    return fine, f"{row.name}: {row.status}, client certificates {row.mtls}"


def _gateway_address_is_fixed(design: Design, placement: Placement) -> Verdict:
    fact = placement.tier.fact("static_outbound_ip")
    return fact.value == "yes", f"{placement.tier.name}: {fact.value} ({fact.note or fact.source})"


def _required_rules(design: Design, placement: Placement) -> Verdict:
    rows = network_rules(placement.option.mode)
    present = {rule.row: rule for rule in placement.topology.rules}
    missing = [r.id for r in rows if r.required and r.id not in present]
    known = {r.id: (r.source_prefix, r.destination_prefix, r.port) for r in rows}
    wider = [
        id
        for id, rule in present.items()
        if known.get(id) != (rule.source, rule.destination, rule.port)
    ]
    if missing or wider:
        return (
            False,
            f"missing: {', '.join(missing) or 'none'}; other: {', '.join(wider) or 'none'}",
        )
    return True, f"{len(present)} rules, {sum(r.required for r in rows)} of them required"


def _exact_names(design: Design, placement: Placement) -> Verdict:
    private = [n.name for n in placement.topology.names if n.private]
    wide = [n for n in private if n.count(".") < 2 or n.startswith("*.")]
    named = {n.component for n in placement.topology.names}
    unnamed = [
        s
        for s in design.mapping.published
        if not any(c.id in named for c in fronts(placement.topology, s))
    ]
    if wide or unnamed:
        lacking = ", ".join(unnamed) or "none"
        return False, f"too wide: {', '.join(wide) or 'none'}; Services without: {lacking}"
    return True, f"{len(private)} private names, each a zone of its own"


RULES: dict[str, Callable[[Design, Placement], Verdict]] = {
    "operations-reach-their-service": _operations_reach_their_service,
    "tier-can": _tier_can,
    "one-audience-each": _one_audience_each,
    "controller-supported": _controller_supported,
    "gateway-address-is-fixed": _gateway_address_is_fixed,
    "required-rules": _required_rules,
    "exact-names": _exact_names,
}
