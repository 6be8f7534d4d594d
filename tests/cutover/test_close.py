"""What served callers is closed: only after they moved, with a word, file by file, and proved."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from apim_aks.artefacts import manifests
from apim_aks.artefacts.manifests import Action
from apim_aks.artefacts.manifests.file import WayBack, manifest_file
from apim_aks.cutover.change import Stops
from apim_aks.cutover.changes import changes
from apim_aks.cutover.close import close, irreversible, require_word, would_close
from apim_aks.cutover.controls import Control, lacking, seen, uncalled
from apim_aks.cutover.record import CutoverRecord, HostRecord, HostState, Kept, Phase
from apim_aks.cutover.rollback import rollback
from apim_aks.cutover.session import Moving, PhaseEnded, Stopped
from apim_aks.deployment import DeploymentState, read_state, state_path
from apim_aks.deployment.following import left_out
from apim_aks.deployment.lease import LeaseHeld
from apim_aks.deployment.sequence import Waits
from apim_aks.deployment.state import StageEntry, write_state
from apim_aks.remote import calls
from apim_aks.remote.azure import VerdictUnknown
from apim_aks.remote.calls import Ending, Outcome, Vantage
from apim_aks.verification import LiveScene
from apim_aks.workload.call import Call, Caller, CallGraph
from apim_aks.workload.kubernetes.apply import Cluster
from tests.cutover.town import moved_design, moved_project, word
from tests.support import schemas
from tests.support.arm_server import BOOKKEEPING, Arm, Fault, error
from tests.support.cluster_model import ModelCluster, read
from tests.support.designs import only
from tests.verification.deployed import NODES, Standing, standing

OPTION, DAY, MOVED_AT = "v2-integration", 86_400, 1_800_000_000.0


class Serving(calls.Caller):
    """Every call is answered with one status."""

    def __init__(self, status: int = 200) -> None:
        super().__init__()
        object.__setattr__(self, "status", status)

    def ask(self, call: calls.Call) -> Outcome:
        return Outcome(Ending.ANSWERED, self.status, connected=True)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def stands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    with standing(tmp_path_factory.mktemp("azure"), "contoso-orders", OPTION) as found:
        yield found


@pytest.fixture
def there(stands: Standing, tmp_path: Path) -> Standing:
    stands.restore()
    stands.arm.commands.clear()
    for kept in [d for d in stands.arm.deployments if re.search(BOOKKEEPING, d)]:
        del stands.arm.deployments[kept]
    stands.live.folder = tmp_path
    pieces = stands.project.pieces
    stages = tuple(
        StageEntry(name=p.stage, deployment=p.deployment, group=p.group, state="Succeeded")
        for p in pieces
    )
    state = DeploymentState(workload="contoso-orders", option=OPTION, stages=stages)
    record = CutoverRecord(complete_at=MOVED_AT).plain()
    write_state(path(stands), state.with_phase(Phase.CUTOVER, record))
    return stands


def path(there: Standing) -> Path:
    return state_path(there.live.folder / "state", "contoso-orders", OPTION)


def closed(there: Standing, status: int = 200, days: float = 8, **changes: Any) -> PhaseEnded:
    values = {"callerToken": "token-of-a-caller", "subscriptionKey": "key-of-a-caller"}
    vantage = Vantage("internet", values, caller=Serving(status))
    scene: LiveScene = replace(there.scene(), vantage=vantage)
    given: dict[str, Any] = {
        "folder": str(there.live.folder / "state"),
        "now": lambda: MOVED_AT + days * DAY,
        "irreversible": True,
        "called": ("*",),
        "confirm": word(there.client, there.project),
    }
    return close(scene, Moving(**(given | changes)))


def applied(arm: Arm) -> list[str]:
    """The files that were applied or deleted, in order."""
    commands = (json.dumps(c) for c in arm.commands)
    return [c.partition("-f ")[2].partition(" ")[0].strip('",') for c in commands if "-f " in c]


def names(there: Standing) -> list[str]:
    return [f.name for f in left_out(there.project) if f.objects]


def test_it_waits_for_the_period_and_the_word(there: Standing) -> None:
    early = closed(there, days=6.9)
    assert "is kept until 2027-01-22 08:00 UTC" in early.waits_for[0]
    before, azure = there.design, replace(there.design.workload.azure, close_after_days=7.5)
    there.design = replace(before, workload=replace(before.workload, azure=azure))
    assert "is kept until 2027-01-22 20:00 UTC" in closed(there, days=7.4).waits_for[0]
    there.design = before
    assert closed(there, days=6.9, after_days=6.5).finished
    there.restore()


@pytest.mark.parametrize("status", [401, 503])
def test_nothing_is_closed_where_the_new_path_does_not_answer(there: Standing, status: int) -> None:
    done = closed(there, status)
    assert "does not answer for every API" in done.waits_for[0] and applied(there.arm) == []


def test_nothing_is_closed_before_callers_have_moved(there: Standing) -> None:
    state = read_state(path(there), "contoso-orders", OPTION)
    write_state(path(there), replace(state, phases={}))
    assert "the cut-over is not complete" in closed(there).waits_for[0]
    assert applied(there.arm) == []


def test_a_back_end_that_only_a_person_can_call_is_called_before(there: Standing) -> None:
    apis = there.scene().placement.mapping.apis
    (orders,) = (a for a in apis if len(a.services) > 1)
    left = "orders:orders/placeorder"
    assert uncalled(apis) == (left,) and any(o.method == "GET" for o in orders.operations)
    writing = tuple(o for o in orders.operations if o.method == "POST")
    assert uncalled((replace(orders, operations=writing),)) == ("orders",)
    done = closed(there, called=("orders",))
    assert f"nothing has called {left}" in done.waits_for[0] and applied(there.arm) == []
    untold = {s.name: s.seen for s in done.steps if s.state == "not_run"}
    assert list(untold) == ["--called orders", f"call of {left}"]
    assert untold["--called orders"] == f"it names nothing; what it can name: {left}"
    assert done.waits_for[0].endswith(f"run cutover --apply with --called {left}")
    assert closed(there, called=("ord*",)).finished
    by_hand = Control("orders", None, "none of its operations only reads", by_hand=True)
    assert not lacking((by_hand,)) and "not_run" in seen((by_hand,))


def test_a_name_that_came_into_the_files_later_moves_first(
    there: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Since the cut-over was complete; the period counts from the last caller that moved."""
    before = there.design
    azure = replace(before.workload.azure, host_name="api.contoso.example")
    made = only(replace(before.workload, azure=azure), OPTION)
    monkeypatch.setattr(there, "design", made)
    monkeypatch.setattr(there, "placement", made.placement(OPTION))
    assert "api.contoso.example: callers have not moved" in closed(there).waits_for[0]
    late = HostRecord(
        id="api.contoso.example", state=HostState.WATCHED, moved_at=MOVED_AT + 4 * DAY
    )
    record = CutoverRecord(complete_at=MOVED_AT).with_host(late).plain()
    state = read_state(path(there), "contoso-orders", OPTION)
    write_state(path(there), state.with_phase(Phase.CUTOVER, record))
    assert "is kept until 2027-01-26 08:00 UTC" in closed(there).waits_for[0]
    assert applied(there.arm) == []


def test_every_file_is_applied_once_and_the_proofs_hold_on_what_is_there(there: Standing) -> None:
    done = closed(there)
    assert done.finished, done.waits_for
    assert schemas.wrong("record", path(there).read_text(encoding="utf-8")) == []
    assert applied(there.arm) == names(there)
    assert "proofs" in {s.name for s in done.steps}
    again = closed(there)
    assert again.finished and applied(there.arm) == names(there)
    state = read_state(path(there), "contoso-orders", OPTION)
    assert state.phases[Phase.CLOSE]["files"] == names(there)
    assert state.phases[Phase.CLOSE]["complete_at"] == MOVED_AT + 8 * DAY


def test_what_somebody_takes_away_again_is_said_and_applied_anew(
    there: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed(there)
    model = ModelCluster(Cluster(spaces=frozenset({"orders"})))
    monkeypatch.setattr(there.arm, "model", model)
    told = [(s.name, s.state) for s in closed(there).steps]
    name = "60-network-policies.yaml"
    assert (name, "reopened") in told and (name, "done") in told and model.done == [name]


def test_it_does_not_end_while_something_else_is_open(there: Standing) -> None:
    there.arm.cluster = [o for o in there.arm.cluster if o["kind"] != "NetworkPolicy"]
    done = closed(there)
    assert "proofs do not hold on what is there" in done.waits_for[0]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [1, 2])
def test_a_killed_close_goes_on_and_applies_nothing_twice(
    there: Standing, at: int, after: bool
) -> None:
    before = len(applied(there.arm))
    there.arm.kill_at, there.arm.killed_after = at, after
    with pytest.raises(KeyboardInterrupt):
        closed(there)
        raise KeyboardInterrupt  # fewer files than steps
    there.arm.kill_at = 0
    assert closed(there).finished
    done = applied(there.arm)[before:]
    assert list(dict.fromkeys(done)) == names(there)
    assert len(done) <= len(names(there)) + 1, "what was sent when it was killed is sent once more"


def test_a_way_in_no_file_keeps_what_serves_its_callers(there: Standing) -> None:
    mine = next(o for o in there.project.objects if (o.kind, o.name) == ("Service", "getorder"))
    metadata = {"name": "old", "namespace": mine.namespace}
    old = mine.data | {"metadata": metadata, "status": {}}
    there.arm.cluster.append(old)
    done = closed(there)
    assert done.waits_for[0].startswith("1 object in no file may be a way of callers")
    assert (
        "Service orders/old is one more Service before the pods of orders/getorder"
        in (done.waits_for[0])
    )
    assert applied(there.arm) == []
    assert "in no file" not in " ".join(closed(there, prepared=("Service orders/old",)).waits_for)
    assert applied(there.arm) == names(there)


def test_a_caller_that_nobody_confirmed_keeps_what_serves_it(there: Standing) -> None:
    call = Call(Caller("orders", "report", "Deployment"), "orders/getorder", 80)
    workload = replace(there.design.workload, graph=CallGraph(calls=(call,)))
    before, there.design = there.design, replace(there.design, workload=workload)
    try:
        done = closed(there)
    finally:
        there.design = before
    assert "Deployment orders/report calls orders/getorder" in done.waits_for[0]
    assert applied(there.arm) == []


def test_what_cannot_be_taken_back_needs_a_word() -> None:
    kept = moved_project()
    require_word(kept, False)  # every address is kept
    assert irreversible(kept) == ()
    steps = {s.name: s for s in would_close(kept).steps}
    for name in ("Service shop/catalog", "Service fulfilment/inventory"):
        assert steps[name].state == "is kept"
    assert any("Objects: Service " in s.seen for s in would_close(kept).steps)
    hands = [s.seen for s in would_close(kept).steps if s.state == "by hand"]
    assert hands and hands == [h for f in left_out(kept) for h in f.by_hand]
    way = WayBack("Service fulfilment/inventory", False, "its address is gone")
    (file, *others) = left_out(kept)
    losing = replace(kept, files=(replace(file, ways_back=(way,)), *others))
    told = {s.name: s for s in would_close(losing).steps}[way.object]
    assert told.state == "needs a word" and told.seen == "not reversible: its address is gone"
    with pytest.raises(Waits, match="say --irreversible"):
        require_word(losing, False)
    require_word(losing, True)


def test_whoever_is_cut_off_is_listed_before() -> None:
    made = moved_design()
    told = changes(made, made.placements[0])
    steps = {s.name: s for s in would_close(moved_project(), told).steps}
    losing = [c for c in told if c.stops is not Stops.NEVER]
    assert losing and all(f"{c.caller}, to {c.old.words}" in steps for c in losing)
    states = {steps[f"{c.caller}, to {c.old.words}"].state for c in losing}
    assert {"is cut off", "moves before"} <= states


def test_a_file_after_which_nobody_answers_stops_the_rest(there: Standing) -> None:
    class Once(Serving):
        def ask(self, call: calls.Call) -> Outcome:
            broken = bool(applied(there.arm))
            return Outcome(Ending.ANSWERED, 503 if broken else 200, connected=True)

    values = {"callerToken": "t", "subscriptionKey": "k"}
    scene = replace(there.scene(), vantage=Vantage("internet", values, caller=Once()))
    given = Moving(
        folder=str(there.live.folder / "state"),
        now=lambda: MOVED_AT + 8 * DAY,
        called=("*",),
        confirm=word(there.client, there.project),
    )
    with pytest.raises(Stopped, match=f"After {names(there)[0]} the new path does not answer"):
        close(scene, given)
    assert applied(there.arm) == names(there)[:1]


# What was closed is given back

TAKEN = """
apiVersion: v1
kind: Service
metadata:
  name: getorder
  namespace: orders
  annotations: {service.beta.kubernetes.io/azure-load-balancer-internal: "true"}
spec:
  type: LoadBalancer
  selector: {app: getorder}
  ports: [{name: http, port: 80, nodePort: 31234}]
  loadBalancerSourceRanges: [10.0.0.0/8]
status: {loadBalancer: {ingress: [{ip: 10.1.2.3}]}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: all, namespace: orders, labels: {team: orders}}
spec: {defaultBackend: {service: {name: getorder, port: {number: 80}}}}
"""
TOOK = (
    manifest_file(
        "50-services.yaml",
        [
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "getorder", "namespace": "orders", "labels": {"by": "us"}},
                "spec": {"type": "ClusterIP", "loadBalancerSourceRanges": []},
            }
        ],
        "Closes.",
        Action.PATCH,
        phase=manifests.Phase.CLOSE,
    ),
    manifest_file(
        "60-policies.yaml",
        [
            {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "NetworkPolicy",
                "metadata": {"name": "getorder", "namespace": "orders"},
                "spec": {"podSelector": {"matchLabels": {"app": "getorder"}}},
            }
        ],
        "Isolates.",
        phase=manifests.Phase.CLOSE,
    ),
    manifest_file(
        "90-delete.yaml",
        [read(TAKEN)[1].data],
        "Deletes.",
        Action.DELETE,
        phase=manifests.Phase.CLOSE,
    ),
)
KEPT = Kept(id="/zones/example/A/x", properties={}, was=("10.1.2.3",), ours=("20.1.2.3",))
INSIDE = HostRecord(id="x.example", state=HostState.WATCHED, kept=(KEPT,), before=("10.1.2.3",))


@dataclass
class Taken:
    """A small cluster of other people, what is closed of it, and what it held before."""

    there: Standing
    model: ModelCluster

    def scene(self) -> LiveScene:
        values = {"callerToken": "t", "subscriptionKey": "k"}
        project = replace(self.there.project, files=TOOK, cluster_is_there=True)
        vantage = Vantage("internet", values, caller=Serving())
        return replace(self.there.scene(), vantage=vantage, project=project)

    def given(self) -> Moving:
        return Moving(
            called=("*",),
            folder=str(self.there.live.folder / "state"),
            now=lambda: MOVED_AT + 8 * DAY,
            irreversible=True,
            confirm=word(self.there.client, self.there.project),
        )

    def close(self) -> PhaseEnded:
        return self.taking_over(close)

    def rollback(self) -> PhaseEnded:
        return self.taking_over(rollback)

    def taking_over(self, phase: Callable[[LiveScene, Moving], PhaseEnded]) -> PhaseEnded:
        """A phase; where a dead run has kept its lease, as the refusal says how to go on."""
        try:
            return phase(self.scene(), self.given())
        except LeaseHeld as held:
            lease = str(held).partition("--take-over ")[2].split()[0]
            return phase(self.scene(), replace(self.given(), take_over=lease))

    def held(self) -> dict[str, Any]:
        return {f"{k[1]} {k[3]}": v.data for k, v in self.model.cluster.kept.items()}


def theirs(mine: frozenset[Any]) -> frozenset[Any]:
    """What kubectl owns: nothing of what we change, and no port that the API server chose."""
    ours = {"type", "loadBalancerSourceRanges", "nodePort"}
    return frozenset(f for f in mine if f[-1] not in ours)


@pytest.fixture
def taken(there: Standing, monkeypatch: pytest.MonkeyPatch) -> Taken:
    model = ModelCluster(Cluster(spaces=frozenset({"orders"})))
    model.someone("kubectl", read(TAKEN))
    kept = {
        key: replace(held, managers={who: theirs(mine) for who, mine in held.managers.items()})
        for key, held in model.cluster.kept.items()
    }
    model.cluster = replace(model.cluster, kept=kept)
    monkeypatch.setattr(there.arm, "model", model)
    return Taken(there, model)


def test_what_was_closed_is_given_back_as_it_was(taken: Taken) -> None:
    before = taken.held()
    taken.close()
    assert set(taken.held()) == {"Service getorder", "NetworkPolicy getorder"}
    assert taken.held()["Service getorder"]["spec"]["type"] == "ClusterIP"
    done = taken.rollback()
    assert done.finished, done.waits_for
    after = taken.held()
    assert set(after) == set(before)
    spec = after["Service getorder"]["spec"]
    assert spec == before["Service getorder"]["spec"]
    metadata = after["Service getorder"]["metadata"]
    assert not metadata.get("labels"), "what only we had set is gone"
    notes = metadata["annotations"]
    assert notes["service.beta.kubernetes.io/azure-load-balancer-ipv4"] == "10.1.2.3"
    assert after["Ingress all"]["spec"] == before["Ingress all"]["spec"]
    assert not read_state(path(taken.there), "contoso-orders", OPTION).phases[Phase.CLOSE]


@pytest.mark.parametrize("all_back", [True, False])
def test_what_changed_between_two_closings_is_given_back_as_it_was_last(
    taken: Taken, monkeypatch: pytest.MonkeyPatch, all_back: bool
) -> None:
    """Also where callers did not all move back in between."""
    taken.close()
    with monkeypatch.context() as patch:
        if not all_back:
            patch.setattr("apim_aks.cutover.rollback.settled", lambda session: None)
        assert taken.rollback().finished
    changed = read(TAKEN.replace("number: 80", "number: 81"))[1:]
    taken.model.someone("kubectl", changed)
    moved_again(taken.there)
    taken.close()
    assert "Ingress all" not in taken.held()
    assert taken.rollback().finished
    assert taken.held()["Ingress all"]["spec"] == changed[0].data["spec"]


STEPS = [61, pytest.param(17, marks=(pytest.mark.series, pytest.mark.at_length))]


class Killed(BaseException):
    pass


def killed_at(there: Standing, number: int, phase: Callable[[], PhaseEnded]) -> bool:
    """The phase, ended before or after a request of any kind, the record and the lease too.

    False where it has fewer requests. The client is another one from then on.
    """
    transport, count = there.live.client.connection.wire(), [0]
    sent = transport.send

    def send(*arguments: Any, **options: Any) -> Any:
        count[0] += 1
        if count[0] == (number + 1) // 2 and number % 2:
            raise Killed
        answer = sent(*arguments, **options)
        if count[0] == number // 2 and not number % 2:
            raise Killed
        return answer

    there.live.client.connection.transport.send = send
    try:
        phase()
    except (Killed, VerdictUnknown):  # the SDK polls in a thread of its own
        return True
    finally:
        there.live.client.connection.transport.send = sent
    return False


def moved_again(there: Standing) -> None:
    """Callers move once more, after they were moved back."""
    state = read_state(path(there), "contoso-orders", OPTION)
    moved = state.with_phase(Phase.CUTOVER, CutoverRecord(complete_at=MOVED_AT).plain())
    write_state(path(there), replace(moved, revision=state.revision + 1))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("phase", ["close", "rollback"])
def test_a_phase_killed_at_any_request_goes_on(taken: Taken, phase: str, step: int) -> None:
    """Between two writes of the record too: what stood there before stands there again."""
    before = taken.held()
    for number in range(1, 1000, step):
        moved_again(taken.there)
        if phase == "rollback":
            taken.close()
        if not killed_at(taken.there, number, getattr(taken, phase)):
            break
        if phase == "close":
            taken.close()
            assert set(taken.held()) == {"Service getorder", "NetworkPolicy getorder"}, number
        done = taken.rollback()
        assert done.finished, (number, done.waits_for)
        held = taken.held()
        assert set(held) == set(before), number
        assert all(held[n]["spec"] == before[n]["spec"] for n in before), number
    assert number > 60


@pytest.mark.parametrize("refused", [False, True])
def test_an_address_that_the_cluster_owns_is_kept_before(taken: Taken, refused: bool) -> None:
    arm, tag = taken.there.arm, "k8s-azure-service"
    made = {"type": "Microsoft.Network/publicIPAddresses", "properties": {}}
    addresses = f"{arm.scope(NODES)}/providers/Microsoft.Network/publicIPAddresses"
    arm.put(f"{addresses}/kubernetes-a1", tags={tag: "orders/getorder", "x": "y"}, **made)
    arm.put(f"{addresses}/kubernetes-b2", tags={tag: "orders/getorder,blog/web"}, **made)
    if refused:
        arm.faults = [Fault("PATCH", "tags/default", 403, error("AuthorizationFailed", "No."))]
    public = TAKEN.replace('"true"', '"false"')
    taken.model.someone("kubectl", read(public)[:1])
    steps = {s.name: s for s in taken.close().steps}
    kept = steps["Service orders/getorder"]
    assert kept.state == ("address not kept" if refused else "address kept")
    tags = {id[-2:]: r["tags"] for id, r in arm.resources.items() if "/kubernetes-" in id}
    assert (tag in tags["a1"]) is refused and tags["a1"]["x"] == "y" and tag in tags["b2"]
    taken.rollback()
    notes = taken.held()["Service getorder"]["metadata"]["annotations"]
    pip = notes.get("service.beta.kubernetes.io/azure-pip-name")
    assert pip == (None if refused else "kubernetes-a1")


def test_what_somebody_else_has_taken_over_is_not_forced_back(taken: Taken) -> None:
    taken.close()
    theirs = read(TAKEN.replace("10.0.0.0/8", "10.9.0.0/16"))[:1]
    taken.model.someone("argocd-controller", theirs)
    done = taken.rollback()
    assert "belongs to Argo CD" in done.waits_for[0]
    spec = taken.held()["Service getorder"]["spec"]
    assert spec["loadBalancerSourceRanges"] == ["10.9.0.0/16"]
    assert "NetworkPolicy getorder" not in taken.held(), "the later files were given back"


def test_a_name_is_not_moved_back_to_an_address_that_is_gone(taken: Taken) -> None:
    state = read_state(path(taken.there), "contoso-orders", OPTION)
    record = CutoverRecord(hosts=(INSIDE,), complete_at=MOVED_AT).plain()
    write_state(path(taken.there), state.with_phase(Phase.CUTOVER, record))
    taken.close()
    done = taken.rollback()
    assert "led to 10.1.2.3, which did not come back with its Service" in done.waits_for[0]
