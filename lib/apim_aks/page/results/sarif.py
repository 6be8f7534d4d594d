"""Results as SARIF 2.1.0, the format that code hosts show beside the lines of a change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from apim_aks import __version__
from apim_aks.facts import template_limit
from apim_aks.page.results.outcome import Level, Outcome, Place, Result, Rule
from apim_aks.page.results.repository import Repository
from apim_aks.page.results.sources import address_of
from apim_aks.workload.documents import shortened

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_ROOT = "%SRCROOT%"
_FINGERPRINT = "apimAks/v1"
_LEVELS = tuple(Level)
_LONG = 2000
"""Characters of a message; the report has the whole of it."""


def sarif(outcome: Outcome, repository: Repository) -> str:
    """The failures as SARIF: the worst first, as many as a code host shows."""
    every = sorted(outcome.results, key=lambda r: _order(r, repository))
    shown = every[: int(template_limit("sarif-results").number)]
    rules = {r.rule.id: r.rule for r in sorted(shown, key=lambda r: r.rule.id)}
    at = {id: index for index, id in enumerate(rules)}
    run = {
        "tool": {"driver": _driver(list(rules.values()))},
        "automationDetails": {"id": _category(outcome, repository)},
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(len(every) - len(shown))],
        "results": [_result(r, at[r.rule.id], repository) for r in shown],
    }
    held = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(held, indent=2, ensure_ascii=False) + "\n"


def _category(outcome: Outcome, repository: Repository) -> str:
    """What later runs of the same kind are compared with, by its file: names may be the same."""
    subject = repository.main_uri if outcome.subject else ""
    return "".join(f"{p}/" for p in ("apim-aks", outcome.command, subject) if p)


def _order(result: Result, repository: Repository) -> tuple[int, str, int, str, str]:
    file, line = repository.uri(result.places[0])
    return _LEVELS.index(result.level), file, line, result.rule.id, result.subject


def _driver(rules: Sequence[Rule]) -> dict[str, Any]:
    return {
        "name": "apim-aks",
        "semanticVersion": __version__,
        "rules": [_rule(rule) for rule in rules],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.help},
        "help": {"text": f"{rule.title}. {rule.help}"},
        "helpUri": address_of(rule.source),
    }


def _invocation(left_out: int) -> dict[str, Any]:
    """The run as a whole; nothing that is left out is left out unsaid."""
    if not left_out:
        return {"executionSuccessful": True}
    said = f"{left_out} more results are left out here; the report has all of them."
    note = {"level": "warning", "message": {"text": said}}
    return {"executionSuccessful": True, "toolExecutionNotifications": [note]}


def _result(result: Result, index: int, repository: Repository) -> dict[str, Any]:
    first, *further = result.places[: int(template_limit("sarif-locations").number)]
    made: dict[str, Any] = {
        "ruleId": result.rule.id,
        "ruleIndex": index,
        "level": result.level.value,
        "message": {"text": shortened(result.message, _LONG)},
        "locations": [_location(first, repository)],
        "partialFingerprints": {_FINGERPRINT: _fingerprint(result, repository)},
    }
    if further:
        made["relatedLocations"] = [_location(place, repository) for place in further]
    return made


def _location(place: Place, repository: Repository) -> dict[str, Any]:
    uri, line = repository.uri(place)
    artifact = {"uri": uri, "uriBaseId": _ROOT}
    region = {"region": {"startLine": max(1, line)}}
    return {"physicalLocation": {"artifactLocation": artifact, **region}}


def _fingerprint(result: Result, repository: Repository) -> str:
    """The same for the same failure wherever its lines move to."""
    said = (result.rule.id, repository.uri(result.places[0])[0], result.subject)
    return hashlib.sha256("\0".join(said).encode()).hexdigest()[:32]
