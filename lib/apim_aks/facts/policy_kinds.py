"""Kinds of network policies that are not understood, and where they say which pods they select."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, Status, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyKindRow(Row):
    """A kind of policy: `selects` is the path of what says its pods, `form` how that is written.

    `labels` is a label selector, `expression` a text such as `app == 'api'`, `subject` holds
    namespaces or pods, and `unread` is none of them.
    """

    api_group: str
    kind: str
    whole_cluster: bool
    selects: str
    form: Literal["labels", "expression", "subject", "unread"]
    status: Status


@cache
def policy_kinds() -> dict[tuple[str, str], PolicyKindRow]:
    """Those kinds, by API group and kind."""
    rows = read_rows(DATA / "policy_kinds.csv", PolicyKindRow)
    return {(r.api_group, r.kind): r for r in rows}
