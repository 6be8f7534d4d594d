"""What Azure refused, in one sentence: resource, reason, likely cause, next step."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apim_aks.errors import RemoteError
from apim_aks.facts import azure_error_code
from apim_aks.remote.azure.policy_denial import policies_of
from apim_aks.remote.azure.redaction import redacted

Json = dict[str, Any]
_DEEPEST = 12
_LONGEST = 400
_IDENTIFIERS = re.compile(r"\s*Policy identifiers?: '\[.*\]'", re.S)
"""Ids of policies in a message; their names are said apart."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An error of Azure: its innermost code and words, what it is about, the HTTP status.

    `policies` names the assignments of Azure Policy that forbid it.
    """

    code: str
    message: str
    target: str = ""
    status: int = 0
    policies: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The fault with likely cause and next step, redacted, in one sentence."""
        row = azure_error_code(self.code, self.status, self.message)
        about = f"{resource_name(self.target)}: " if self.target else ""
        found = f"{about}{self.code or self.status or 'error'}: {_words(self.message)}"
        if self.policies:
            found += f"; forbidden by the policy {', '.join(self.policies)}"
        cause = f". Likely cause: {row.cause}. Next step: {row.next_step}" if row else ""
        return redacted(f"{found}{cause}.")


class AzureRefused(RemoteError):
    """Azure refused or could not be reached."""

    def __init__(self, sentence: str, fault: Fault | None = None) -> None:
        super().__init__(redacted(sentence))
        self.fault = fault or Fault("", sentence)


class SignInMissing(AzureRefused):
    """Nobody is signed in, or no subscription is named."""


class VerdictUnknown(AzureRefused):
    """The answer was lost: it may or may not have happened; ask again before doing more."""


def resource_name(id: str) -> str:
    """Type and name of a resource id, as people say it; other texts redacted."""
    parts = [p for p in id.split("/") if p]
    lower = [p.lower() for p in parts]
    if "providers" in lower:
        at = len(lower) - 1 - lower[::-1].index("providers")
        kinds = "/".join([parts[at + 1], *parts[at + 2 :: 2]]) if len(parts) > at + 1 else ""
        return f"{kinds} {'/'.join(parts[at + 3 :: 2])}".strip()
    if "resourcegroups" in lower[:-1]:
        return f"resource group {parts[lower.index('resourcegroups') + 1]}"
    # Of whatever else it is, only an end is shown: an address could end in half a signature.
    return redacted(id) if len(parts) < 2 else redacted(id).rstrip("/").rpartition("/")[2]


def type_of(id: str) -> str:
    """The resource type in an id, of the last provider that it names."""
    parts = [p for p in id.split("/") if p]
    places = [n for n, part in enumerate(parts) if part.lower() == "providers"]
    if not places:
        return "Microsoft.Resources/resourceGroups"
    rest = parts[places[-1] + 1 :]
    return "/".join([rest[0], *rest[1::2]])


def _words(message: str) -> str:
    """The message in one line of bounded length; what is cut through first cannot be masked."""
    safe = redacted(_IDENTIFIERS.sub("", message))
    plain = re.sub(r"\s+", " ", re.sub(r"https?://aka\.ms/\S+", "", safe)).strip()
    short = plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]}…"
    return short.rstrip(".;: ") or "no words"


def innermost(body: Any, status: int = 0) -> Fault:
    """The deepest error of an answer: details of details, and JSON hidden in a message."""
    found = list(_faults(body, status, 0))
    if not found:
        return Fault("", f"HTTP {status}" if status else "no reason given", "", status)
    deepest = max(depth for depth, _ in found)
    best = next(fault for depth, fault in found if depth == deepest)
    targets = [f.target for _, f in found if f.target.startswith("/")] or [best.target]
    return Fault(best.code, best.message, targets[-1], status, policies_of(body))


def _faults(body: Any, status: int, depth: int) -> Iterator[tuple[int, Fault]]:
    if isinstance(body, str):
        body = _parsed(body)
    if isinstance(body, Mapping):
        # Old answers have the error as a text beside it, with its code outside.
        inner = body.get("error")
        held = _parsed(inner) if isinstance(inner, str) else inner
        body = held if isinstance(held, Mapping) else body
    if not isinstance(body, Mapping) or depth > _DEEPEST:
        return
    code, message = str(body.get("code") or ""), str(body.get("message") or "")
    if code or message:
        yield depth, Fault(code, message, str(body.get("target") or ""), status)
    for detail in body.get("details") or ():
        yield from _faults(detail, status, depth + 1)
    if message:
        yield from _faults(message, status, depth + 1)
    for further in ("innererror", "statusMessage"):
        if isinstance(body.get(further), Mapping):
            yield from _faults(body[further], status, depth + 1)


def _parsed(text: str) -> Any:
    start = text.find("{")
    if start < 0:
        return None
    try:
        value, _ = json.JSONDecoder(strict=False).raw_decode(text[start:])
    except ValueError:
        return None
    return value
