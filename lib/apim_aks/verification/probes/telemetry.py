"""Whether a call reached a back end, from the logs of gateway and back ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from apim_aks.remote.azure import AzureRefused, Json
from apim_aks.remote.azure.logs import Logs
from apim_aks.topology import Backend
from apim_aks.verification.answers import inside
from apim_aks.verification.probes.resources import workspace
from apim_aks.verification.probes.through import Sent, control_of, through
from apim_aks.verification.scene import LiveScene

NOT_ARRIVED = "its telemetry has not arrived"
_GATEWAY = """
ApiManagementGatewayLogs
| where CorrelationId in ({ids}) or tostring(RequestHeaders) has_any ({ids})
| project CorrelationId, Headers = tostring(RequestHeaders), ResponseCode,
    BackendResponseCode, BackendUrl, LastErrorReason
"""
_BACK_ENDS = """
ContainerLogV2
| extend Line = tostring(LogMessage)
| where Line has_any ({ids})
| project Line, PodNamespace, ContainerName
"""


@dataclass(frozen=True, slots=True)
class Trace:
    """The logs of one call: the back end's status (0 if none), its host, its own lines."""

    arrived: bool = False
    code: int = 0
    host: str = ""
    lines: int = 0

    @property
    def reached(self) -> bool:
        """Whether a back end was called."""
        return bool(self.code or self.host or self.lines)


def traces(scene: LiveScene) -> Mapping[str, Trace]:
    """The trace of each call of this run through the gateway; waits for telemetry once.

    Raises:
        AzureRefused: the logs may not be read.
    """
    return scene.kept.once("telemetry", lambda: _waited(scene))


def _waited(scene: LiveScene) -> Mapping[str, Trace]:
    sent = tuple(through(scene))
    client = scene.azure.client
    tries, found = client.timing.telemetry_tries, {}
    for attempt in client.attempts(tries, client.timing.telemetry_pause_seconds):
        found = _asked(scene, sent)
        there = sum(t.arrived for t in found.values())
        if there == len(sent) or attempt == tries:
            break
        scene.tell(
            f"telemetry: {there} of {len(sent)} calls have arrived; reading again "
            f"({attempt} of {tries})"
        )
    return found


def _asked(scene: LiveScene, sent: tuple[Sent, ...]) -> dict[str, Trace]:
    ids = ", ".join(f'"{id}"' for s in sent for id in s.ids)
    rows = _rows(scene, _GATEWAY.format(ids=ids))
    try:
        lines = _rows(scene, _BACK_ENDS.format(ids=ids))
    except AzureRefused:
        lines = ()  # a cluster that is not ours may keep its logs elsewhere
    return {s.id: _trace(s, rows, lines) for s in sent}


def _rows(scene: LiveScene, query: str) -> tuple[Json, ...]:
    logs = scene.kept.logs or Logs(scene.azure.client)
    customer = str(inside(workspace(scene), "properties.customerId") or "")
    if not customer:
        raise AzureRefused("the log workspace reports no id for queries")
    return logs.rows(customer, query, scene.azure.client.timing.telemetry_hours)


def _trace(sent: Sent, rows: tuple[Json, ...], lines: tuple[Json, ...]) -> Trace:
    own = [
        r
        for r in rows
        if sent.id in str(r.get("Headers")) or str(r.get("CorrelationId")) in sent.ids
    ]
    asked = [r for r in own if r.get("BackendResponseCode") or r.get("BackendUrl")]
    row = (asked or own or [{}])[0]
    return Trace(
        bool(own),
        _status(row.get("BackendResponseCode")),
        _host(str(row.get("BackendUrl") or "")),
        sum(sent.id in str(line.get("Line")) for line in lines),
    )


def _status(value: object) -> int:
    text = str(value or "").partition(".")[0]
    return int(text) if text.isdecimal() else 0


def _host(url: str) -> str:
    """The host called; the whole address if it contains no host."""
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url


@dataclass(frozen=True, slots=True)
class Control:
    """Whether a back end served the gateway in this run, with the result in words.

    `refused` says that it refused the gateway.
    """

    served: bool
    words: str
    refused: bool = False


def control(scene: LiveScene, backend: Backend) -> Control:
    """The positive control of every refusal at this back end."""
    sent = control_of(scene, backend)
    if sent is None:
        lacking = through(scene).lacking or f"no operation of {backend.host} reads"
        return Control(False, f"no call through the gateway: {lacking}")
    if not sent.outcome.answered:
        return Control(False, f"the gateway did not serve {sent.asked.words}: {sent.outcome.words}")
    try:
        trace = traces(scene)[sent.id]
    except AzureRefused as refused:
        return Control(False, f"telemetry of {sent.asked.words}: {str(refused).rstrip('.')}")
    return _judged(backend, sent, trace)


def _judged(backend: Backend, sent: Sent, trace: Trace) -> Control:
    what = f"{sent.asked.words} through the gateway {sent.outcome.words}"
    if not trace.arrived:
        return Control(False, f"{what}; {NOT_ARRIVED}")
    if trace.host and trace.host.lower().rstrip(".") != backend.host.lower():
        return Control(False, f"{what}; the gateway asked {trace.host}, not {backend.host}")
    if not trace.code:
        return Control(False, f"{what}; its telemetry shows no answer of a back end")
    seen = f"{what}; {backend.host} answered the gateway with {trace.code}"
    if trace.code == sent.outcome.status:
        seen = f"{sent.asked.words} through the gateway: {backend.host} answered with {trace.code}"
    if trace.code in (401, 403):
        return Control(False, seen, refused=True)
    return Control(trace.code < 500, seen)
