"""Imports an API again as a revision that becomes current only when its checks pass.

A revision is created beside the current one, with document, operations and policies, read
back and called at its own address; a release makes it current
(https://learn.microsoft.com/azure/api-management/api-management-revisions). A failed one is removed
and the current one continues to serve.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from apim_aks.apis.contract import Difference, contract_difference
from apim_aks.deployment.confirmation import require_confirmed
from apim_aks.deployment.memory import Memory
from apim_aks.deployment.project import Project, require_answers
from apim_aks.deployment.revision_parts import Part, document_of, parts_of
from apim_aks.deployment.revisions import ApiInService
from apim_aks.deployment.run import Run
from apim_aks.errors import CheckError
from apim_aks.facts import azure_facts
from apim_aks.remote.azure import AzureClient, AzureRefused, Json, StillRunning
from apim_aks.remote.calls import Call, Caller, Outcome
from apim_aks.topology.check import State
from apim_aks.workload.names import digest

_OURS = "apim-aks "
_KEY = "Ocp-Apim-Subscription-Key"
_SHOWN = 3
_GOES_ON = "Run it again: it goes on with this revision."
_NOT_ASKED = "nothing was changed; use --apply"

Ask = Callable[[Call], Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revised:
    """What a new revision changes for callers, and its state.

    `serving` is the revision that served, `number` the new one. `call` is the result of a call
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
    """Makes a new revision of an API current if its checks pass; without `apply` only compares.

    `breaking` confirms that callers know of breaking changes, `uncalled` that it may become current
    although it could not be called from here.

    Raises:
        AzureRefused: Azure refused; a revision that was begun is removed, or is gone on with.
        StillRunning: Azure still imports; the revision stays, and the next run goes on with it.
        CheckError: a check failed; the current revision continues to serve.
        InputError: the project has no such API, or the change is not confirmed.
        LeaseHeld: another run is making changes.
    """
    given = run or Run()
    require_answers(project)
    client.connection.tell = given.tell
    parts, here = parts_of(client, project, api), ApiInService(client, project, api)
    planned = _planned(here, parts, given.tell)
    if planned.current or not apply:
        return planned
    require_confirmed(client, project, given.confirm, given.answer)
    memory = Memory(client, project, given, f"revise {api}")
    try:
        memory.hold()
        return _Revision(here, parts, planned, given, ask or Caller().ask).run(breaking, uncalled)
    finally:
        memory.lease.release()


def _planned(here: ApiInService, parts: tuple[Part, ...], tell: Callable[[str], None]) -> Revised:
    """The number of the new revision, and what callers would notice of it."""
    serving, before, rows = here.serving(), here.document(""), here.revisions()
    number, there = _number(rows, _mark(parts))
    for left in _left(rows, serving, number):
        tell(f"Revision {left} was begun with another document and is not current: delete it.")
    after = _as_served(document_of(parts[0].properties), before)
    return Revised(
        api=here.api,
        serving=serving,
        number=number,
        difference=contract_difference(before, after),
        call=(State.NOT_RUN, "this revision is already current" if there else _NOT_ASKED),
        current=there,
    )


def _mark(parts: tuple[Part, ...]) -> str:
    """The mark by which the revision of an interrupted run is recognised."""
    return f"{_OURS}{digest([[p.path, p.properties] for p in parts])}"


def _number(rows: Sequence[Json], mark: str) -> tuple[str, bool]:
    """The number of the new or of an interrupted revision, and whether it is current."""
    ours = next((row for row in rows if row.get("description") == mark), None)
    if ours is not None:
        return str(ours.get("apiRevision")), ours.get("isCurrent") is True
    numbers = (str(row.get("apiRevision")) for row in rows)
    return str(max((int(n) for n in numbers if n.isdigit()), default=1) + 1), False


def _left(rows: Sequence[Json], serving: str, number: str) -> Iterator[str]:
    """The revisions after the current one that an earlier run of ours has made."""
    for row in rows:
        found, ours = str(row.get("apiRevision")), str(row.get("description")).startswith(_OURS)
        if ours and found != number and found.isdigit() and int(found) > int(serving or 0):
            yield found


def _as_served(document: Json, before: Json) -> Json:
    """The document with API Management's own additions: its address, and its key parameters."""
    ours = ("servers", "security")
    found = {k: v for k, v in document.items() if k not in ours}
    found |= {k: before[k] for k in ours if k in before}
    schemes = (before.get("components") or {}).get("securitySchemes")
    if schemes:
        found["components"] = {**(document.get("components") or {}), "securitySchemes": schemes}
    return found


class _Revision:
    """One revision while it is created, checked and released."""

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
        except StillRunning:
            tell(f"{self._begun} {_GOES_ON}")
            raise
        except (AzureRefused, CheckError):
            self._withdraw()
            raise
        tell(f"Revision {number}: {call[1]}; it becomes current")
        self._release()
        return Revised(
            api=self.planned.api,
            serving=self.planned.serving,
            number=number,
            difference=difference,
            call=call,
            current=True,
        )

    @property
    def _begun(self) -> str:
        planned = self.planned
        return f"Revision {planned.number} is not current; {planned.serving} continues to serve."

    def _release(self) -> None:
        """The revision made current, whether or not Azure's answer arrives.

        Raises:
            AzureRefused: it is not current; the next run goes on with it.
            CheckError: Azure made the release and still shows another revision as current.
        """
        number, timing = self.planned.number, self.here.client.timing
        try:
            self.here.release(number)
        except AzureRefused:
            if self.here.serving() == number:
                return
            self.given.tell(f"{self._begun} {_GOES_ON}")
            raise
        for _ in self.here.client.attempts(timing.record_tries, timing.record_pause_seconds):
            if self.here.serving() == number:
                return
        raise CheckError(
            f"Revision {number} of {self.planned.api} was released, and Azure still shows "
            f"{self.planned.serving} as current. Run it again: it looks before it does anything."
        )

    def _make(self) -> None:
        number, (api, *others) = self.planned.number, self.parts
        about = {"apiRevision": number, "apiRevisionDescription": _mark(self.parts)}
        self.given.tell(f"Revision {number} of {self.planned.api} is created beside it")
        self.here.write(api.path, api.properties | about, number)
        for part in others:
            self.here.write(part.path, part.properties, number)

    def _compared(self, breaking: bool) -> Difference:
        """What callers notice, from the documents that Azure returns for both revisions."""
        before, after = self.here.document(""), self.here.document(self.planned.number)
        found = contract_difference(before, after)
        if found.breaking and not breaking:
            named = "; ".join(c.sentence.rstrip(".") for c in found.breaking[:_SHOWN])
            raise CheckError(
                f"Revision {self.planned.number} breaks callers in {len(found.breaking)} places: "
                f"{named}. Publish a new version, or use --breaking once every caller knows."
            )
        return found

    def _called(self, uncalled: bool) -> tuple[State, str]:
        """A call to the revision at its own address, with a key where one is given."""
        state, seen = self._judged()
        if state is State.FAIL or (state is State.NOT_RUN and not uncalled):
            step = "" if state is State.FAIL else "; call it from a caller, or use --uncalled"
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
        operation = _reading(document_of(api))
        path = f"/{api['path']};rev={self.planned.number}{operation}"
        key, token = (str(self.given.values.get(n, "")) for n in ("subscriptionKey", "callerToken"))
        headers = {_KEY: key} if key else {}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        return Call(host=host, path=path, headers=headers)

    def _withdraw(self) -> None:
        """Removes the revision; if that fails, it is left without effect on callers."""
        number, serving = self.planned.number, self.planned.serving
        further = ""
        try:
            self.here.remove(number)
            left = "was removed"
        except AzureRefused as refused:
            left, further = f"could not be removed ({refused})", f" {_GOES_ON}"
        said = f"Revision {number} {left}; revision {serving} continues to serve."
        self.given.tell(f"{said}{further}")


def _reading(document: Json) -> str:
    """The path of an operation that only reads and has no path parameter; else empty."""
    paths: Json = document.get("paths") or {}
    return next((p for p, o in paths.items() if "get" in o and "{" not in p), "/")
