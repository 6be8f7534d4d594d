"""An API imported anew as a revision, which callers get when its checks pass and not before.

A revision is made beside the one that serves, with document, operations and policies; it is read
back and called at its own address; a release makes it current
(https://learn.microsoft.com/azure/api-management/api-management-revisions). What fails is removed
again, and the revision that served goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from apim_aks.apis.contract import Difference, contract_difference
from apim_aks.deployment.confirmation import require_confirmed
from apim_aks.deployment.memory import Memory
from apim_aks.deployment.project import Project, require_answers
from apim_aks.deployment.revisions import APIS, ApiInService
from apim_aks.deployment.run import Run
from apim_aks.errors import CheckError, InputError
from apim_aks.facts import azure_facts
from apim_aks.reachability.templates import Unknown, evaluation
from apim_aks.remote.azure import AzureClient, AzureRefused, Json
from apim_aks.remote.calls import Call, Caller, Outcome
from apim_aks.topology.check import State
from apim_aks.workload.names import digest

_KEY = "Ocp-Apim-Subscription-Key"
_SHOWN = 3
_NOT_ASKED = "nothing was changed; use --apply"

Ask = Callable[[Call], Outcome]


@dataclass(frozen=True, slots=True)
class Part:
    """One resource of a revision: where it stands below the service, and its properties."""

    path: str
    properties: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Revised:
    """What a new revision changes for callers, and how far it came.

    `serving` is the revision that served, `number` the new one. `call` is what was seen of a call
    to it, and its state.
    """

    api: str
    serving: str
    number: str
    difference: Difference
    call: tuple[State, str]
    current: bool = False


def revise(
    client: AzureClient,
    project: Project,
    api: str,
    *,
    apply: bool = False,
    run: Run | None = None,
    breaking: bool = False,
    uncalled: bool = False,
    ask: Ask | None = None,
) -> Revised:
    """A new revision of an API, current where its checks pass; only compared without `apply`.

    `breaking` says that callers know of what breaks them, `uncalled` that it may become current
    although it could not be called from here.

    Raises:
        AzureRefused: Azure refused; a revision that was begun is removed.
        CheckError: a check failed, and the revision that served goes on.
        InputError: the project has no such API, or nobody has confirmed it.
        LeaseHeld: another run changes something.
    """
    given = run or Run()
    require_answers(project)
    client.connection.tell = given.tell
    parts, here = _parts(client, project, api), ApiInService(client, project, api)
    planned = _planned(here, parts)
    if planned.current or not apply:
        return planned
    require_confirmed(client, project, given.confirm, given.answer)
    memory = Memory(client, project, given, f"revise {api}")
    try:
        memory.hold()
        return _Revision(here, parts, planned, given, ask or Caller().ask).run(breaking, uncalled)
    finally:
        memory.lease.release()


def _planned(here: ApiInService, parts: tuple[Part, ...]) -> Revised:
    """What the new revision would be called, and what callers would notice of it."""
    serving, before = here.serving(), here.document("")
    number, there = _number(here.revisions(), _mark(parts))
    after = _as_served(_document(parts[0].properties), before)
    return Revised(
        api=here.api,
        serving=serving,
        number=number,
        difference=contract_difference(before, after),
        call=(State.NOT_RUN, "this revision serves already" if there else _NOT_ASKED),
        current=there,
    )


def _parts(client: AzureClient, project: Project, api: str) -> tuple[Part, ...]:
    """The API first, then what stands in it, in the order in which the templates write it."""
    found = tuple(_declared(client, project, api))
    apis = [p for p in found if p.path == f"apis/{api}"]
    if not apis:
        names = sorted({r.name.split("/")[-1] for r in project.declared if r.type == APIS})
        raise InputError(f"{api!r} is no API of this option. Use one of {', '.join(names)}.")
    if "value" not in apis[0].properties:
        raise InputError(f"API {api} has no document that could be imported; deploy it instead.")
    return (apis[0], *(p for p in found if p is not apis[0]))


def _declared(client: AzureClient, project: Project, api: str) -> Iterator[Part]:
    for piece in project.pieces:
        seen = evaluation(
            piece.template, piece.parameters, group=piece.group, subscription=client.subscription
        )
        for one in piece.declared(seen):
            kinds, names = one.type.split("/")[2:], one.name.split("/")[1:]
            if one.type.startswith(APIS) and names[:1] == [api] and len(names) == len(kinds):
                path = "/".join(f"{k}/{n}" for k, n in zip(kinds, names, strict=True))
                properties = one.seen.value(one.body.get("properties") or {})
                yield Part(path, _known(properties, path))


def _known(value: Any, path: str) -> Any:
    if isinstance(value, Unknown):
        raise InputError(f"{path}: {value} is only known to a deployment. Use deploy instead.")
    if isinstance(value, dict):
        return {k: _known(v, path) for k, v in value.items()}
    return [_known(v, path) for v in value] if isinstance(value, list) else value


def _mark(parts: tuple[Part, ...]) -> str:
    """What a revision of ours is recognised by when a run was killed."""
    return f"apim-aks {digest([[p.path, p.properties] for p in parts])}"


def _number(rows: Sequence[Json], mark: str) -> tuple[str, bool]:
    """The number of the new revision, that of a killed run where it is there, and if it serves."""
    ours = next((row for row in rows if row.get("description") == mark), None)
    if ours is not None:
        return str(ours.get("apiRevision")), ours.get("isCurrent") is True
    numbers = (str(row.get("apiRevision")) for row in rows)
    return str(max((int(n) for n in numbers if n.isdigit()), default=1) + 1), False


def _document(properties: Json) -> Json:
    held: Json = json.loads(properties["value"])
    return held


def _as_served(document: Json, before: Json) -> Json:
    """The document with what API Management puts into each: its address, and the keys it takes."""
    ours = ("servers", "security")
    found = {k: v for k, v in document.items() if k not in ours}
    found |= {k: before[k] for k in ours if k in before}
    schemes = (before.get("components") or {}).get("securitySchemes")
    if schemes:
        found["components"] = {**(document.get("components") or {}), "securitySchemes": schemes}
    return found


class _Revision:
    """One revision on its way to callers."""

    def __init__(
        self, here: ApiInService, parts: tuple[Part, ...], planned: Revised, given: Run, ask: Ask
    ) -> None:
        self.here, self.parts, self.planned, self.given, self.ask = here, parts, planned, given, ask

    def run(self, breaking: bool, uncalled: bool) -> Revised:
        number, tell = self.planned.number, self.given.tell
        try:
            self._make()
            difference = self._compared(breaking)
            call = self._called(uncalled)
        except (AzureRefused, CheckError) as error:
            self._withdraw(error)
            raise
        tell(f"Revision {number}: {call[1]}; it becomes current")
        self.here.release(number)
        if self.here.serving() != number:
            raise CheckError(f"Revision {number} of {self.planned.api} did not become current.")
        return Revised(
            api=self.planned.api,
            serving=self.planned.serving,
            number=number,
            difference=difference,
            call=call,
            current=True,
        )

    def _make(self) -> None:
        number, (api, *others) = self.planned.number, self.parts
        about = {"apiRevision": number, "apiRevisionDescription": _mark(self.parts)}
        self.given.tell(f"Revision {number} of {self.planned.api} is made beside the one in use")
        self.here.write(api.path, api.properties | about, number)
        for part in others:
            self.here.write(part.path, part.properties, number)

    def _compared(self, breaking: bool) -> Difference:
        """What callers notice, from what Azure gives of both revisions."""
        before, after = self.here.document(""), self.here.document(self.planned.number)
        found = contract_difference(before, after)
        if found.breaking and not breaking:
            named = "; ".join(c.sentence.rstrip(".") for c in found.breaking[:_SHOWN])
            raise CheckError(
                f"Revision {self.planned.number} breaks callers in {len(found.breaking)} places: "
                f"{named}. Publish a new version, or say --breaking when every caller knows."
            )
        return found

    def _called(self, uncalled: bool) -> tuple[State, str]:
        """A call to the revision at its own address, with a key where one is given."""
        state, seen = self._judged()
        if state is State.FAIL or (state is State.NOT_RUN and not uncalled):
            step = "" if state is State.FAIL else "; call it from where callers are, or --uncalled"
            raise CheckError(f"Revision {self.planned.number}: {seen}{step}.")
        return state, seen

    def _judged(self) -> tuple[State, str]:
        call, guarded = self._call(), bool(self.parts[0].properties.get("subscriptionRequired"))
        outcome = self.ask(call)
        if not outcome.answered:
            return State.NOT_RUN, f"{call.words}: {outcome.words}"
        seen = f"{call.words} was {outcome.words}"
        keyed = _KEY in call.headers
        if not keyed and guarded:
            return (State.PASS if outcome.status == 401 else State.FAIL), f"without a key {seen}"
        broken = outcome.status in (401, 404) or outcome.status >= 500
        return (State.FAIL if broken else State.PASS), seen

    def _call(self) -> Call:
        api = self.parts[0].properties
        host = f"{self.here.project.gateway}.{azure_facts().gateway_suffix}"
        operation = _reading(_document(api))
        path = f"/{api['path']};rev={self.planned.number}{operation}"
        key, token = (str(self.given.values.get(n, "")) for n in ("subscriptionKey", "callerToken"))
        headers = {_KEY: key} if key else {}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        return Call(host=host, path=path, headers=headers)

    def _withdraw(self, error: Exception) -> None:
        """The revision goes again; where that fails it is left and harms nobody."""
        number, serving = self.planned.number, self.planned.serving
        try:
            self.here.client.delete(self.here.at(f"apis/{self.planned.api}", number))
            left = "was removed"
        except AzureRefused as refused:
            left = f"is left there ({refused})"
        self.given.tell(f"Revision {number} {left}; revision {serving} goes on serving.")


def _reading(document: Json) -> str:
    """The path of an operation that only reads and wants nothing in its path; else that of none."""
    paths: Json = document.get("paths") or {}
    return next((p for p, o in paths.items() if "get" in o and "{" not in p), "/")
