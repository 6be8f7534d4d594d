"""What the input may open beside the gateway is named, and nothing passes over it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from apim_aks import page
from apim_aks.__main__ import main
from apim_aks.artefacts.manifests import manifests
from apim_aks.decision.as_json import as_json, design_data
from apim_aks.decision.design import Design, Placement, design, rank_placements, with_requirement
from apim_aks.decision.record import decision_record
from apim_aks.facts.criterion_ids import AROUND_THE_GATEWAY
from apim_aks.facts.openings import kind_rows, known_kind, opening_row, opening_rows
from apim_aks.page.option_page import standing_mark
from apim_aks.topology.check import Check, State
from apim_aks.verification import check_all, check_option
from apim_aks.workload.file import read_workload
from apim_aks.workload.kubernetes import openings
from tests.support.counted import Instead
from tests.support.designs import alone, bundled, only
from tests.support.series import combined

OPTION = "v2-integration"
PROMISES = ("nothing-around-the-gateway", "gateway-subnet-only", "no-public-cluster-endpoint")

SHOP = """\
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {selector: {app: api}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  template:
    metadata: {labels: {app: api, tier: front}}
    spec: {containers: [{name: a, image: "example.com/api:1", ports: [{containerPort: 8080}]}]}
"""
WORKLOAD = "name: shop\nmanifests: [m/]\npublish: [api]\n"


def object_(kind: str, body: str, version: str = "v1", namespace: str = "shop") -> str:
    head = f"apiVersion: {version}\nkind: {kind}\n"
    return f"{head}metadata: {{name: extra, namespace: {namespace}}}\n{body}\n"


def policy(spec: str, namespace: str = "shop") -> str:
    return object_("NetworkPolicy", f"spec: {spec}", "networking.k8s.io/v1", namespace)


def second(spec: str, namespace: str = "shop") -> str:
    return object_("Service", f"spec: {{{spec}, ports: [{{port: 81}}]}}", namespace=namespace)


def pod(spec: str) -> str:
    return (
        "apiVersion: v1\nkind: Pod\n"
        "metadata: {name: extra, namespace: shop, labels: {app: api}}\n"
        f"spec: {spec}\n"
    )


def route(kind: str, spec: str, version: str) -> str:
    return object_(kind, f"spec: {spec}", version)


HOST_PORT = "{name: s, image: x, ports: [{containerPort: 1, hostPort: 8081}]}"
JOB = (
    "spec: {jobTemplate: {spec: {template: {metadata: {labels: {app: api}}, "
    "spec: {hostNetwork: true}}}}}"
)
SLICE = (
    "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: extra\n"
    "  namespace: shop\n  labels: {kubernetes.io/service-name: api%s}\n"
)
BACKEND = "{rules: [{backendRefs: [{name: api, port: 80}]}]}"
TCP = "{gateways: [g], hosts: [a], tcp: [{route: [{destination: {host: api}}]}]}"
OTHER_BACKEND = "{routes: [{match: 'Host(`a`)', services: [{kind: TraefikService, name: w}]}]}"
RESOURCE = "{defaultBackend: {resource: {apiGroup: k, kind: Bucket, name: w}}}"
LIST = (
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicyList\nitems:\n"
    "- metadata: {name: extra, namespace: shop}\n  spec: {ingress: [{}]}\n"
)

OPEN = {
    "everybody": (policy("{podSelector: {}, ingress: [{}]}"), "0.5", "0"),
    "no selector of pods": (policy("{ingress: [{from: []}]}"), "0.5", "0"),
    "addresses": (policy("{ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}"), "0", "0"),
    "pods": (policy("{ingress: [{from: [{podSelector: {}}]}]}"), "0", "0"),
    "an empty peer": (policy("{ingress: [{from: [{}]}]}"), "0 to 3", "≥ 0"),
    "In": (
        policy(
            "{podSelector: {matchExpressions: [{key: tier, operator: In, values: [front]}]}, "
            "ingress: [{}]}"
        ),
        "0.5",
        "0",
    ),
    "NotIn of an absent label": (
        policy(
            "{podSelector: {matchExpressions: [{key: z, operator: NotIn, values: [a]}]}, "
            "ingress: [{}]}"
        ),
        "0.5",
        "0",
    ),
    "an operator nobody knows": (
        policy("{podSelector: {matchExpressions: [{key: app, operator: Like}]}, ingress: [{}]}"),
        "0 to 3",
        "≥ 0",
    ),
    "a pod on its node's address, whose owner's name stands in another namespace": (
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: odd\n  namespace: shop\n"
        "  labels: {app: api, tier: front}\n"
        "  ownerReferences: [{kind: ReplicaSet, name: web-abc}]\n"
        "spec: {hostNetwork: true, containers: [{name: c, image: i}]}\n"
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: other}\n"
        "spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}}}\n",
        "1",
        "0",
    ),
    "a kind with pods of its own": (
        "apiVersion: keda.sh/v1alpha1\nkind: ScaledJob\nmetadata: {name: j, namespace: shop}\n"
        "spec: {jobTargetRef: {template: {spec: {hostNetwork: true}}}}\n",
        "0 to 3",
        "≥ 0",
    ),
    "a typed list": (LIST, "0.5", "0"),
    "a policy that cannot be read": (policy("{ingress: 'yes'}"), "0 to 3", "≥ 0"),
    "a second ClusterIP Service": (second("selector: {tier: front}"), "0", "0"),
    "a headless one": (second("clusterIP: None, selector: {tier: front}"), "0", "0"),
    "an internal load balancer": (
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: extra\n  namespace: shop\n"
        "  annotations: {service.beta.kubernetes.io/azure-load-balancer-internal: 'true'}\n"
        "spec: {type: LoadBalancer, selector: {tier: front}, ports: [{port: 81}]}\n",
        "0",
        "0",
    ),
    "node ports": (second("type: NodePort, selector: {tier: front}"), "0", "0"),
    "hostNetwork": (pod("{hostNetwork: true}"), "1", "0"),
    "hostNetwork as text": (pod("{hostNetwork: 'true'}"), "1", "0"),
    "hostPort": (pod(f"{{containers: [{HOST_PORT}]}}"), "0", "0"),
    "hostPort of an init container": (pod(f"{{initContainers: [{HOST_PORT}]}}"), "0", "0"),
    "pods of a CronJob": (object_("CronJob", JOB, "batch/v1"), "1", "0"),
    "externalIPs": (second("externalIPs: [192.0.2.9], selector: {app: api}"), "0 to 3", "≥ 0"),
    "Endpoints": (object_("Endpoints", "subsets: []"), "0", "0"),
    "an EndpointSlice by hand": (SLICE % "", "0 to 3", "0"),
    "HTTPProxy": (route("HTTPProxy", "{}", "projectcontour.io/v1"), "0 to 3", "≥ 0"),
    "TCPRoute": (
        route("TCPRoute", BACKEND, "gateway.networking.k8s.io/v1alpha2"),
        "0 to 3",
        "≥ 0",
    ),
    "Gateway": (route("Gateway", "{}", "gateway.networking.k8s.io/v1"), "0 to 3", "≥ 0"),
    "AdminNetworkPolicy": (
        route("AdminNetworkPolicy", "{}", "policy.networking.k8s.io/v1alpha1"),
        "0 to 0.5",
        "0",
    ),
    "a NetworkPolicy of Calico": (
        route("NetworkPolicy", "{selector: all()}", "projectcalico.org/v3"),
        "0 to 0.5",
        "0",
    ),
    "a Service of Knative": (route("Service", "{}", "serving.knative.dev/v1"), "0 to 3", "≥ 0"),
    "an unknown apiVersion": (route("NetworkPolicy", "{}", "v1"), "0 to 0.5", "≥ 0"),
    "tcp of a VirtualService": (
        route("VirtualService", TCP, "networking.istio.io/v1"),
        "0 to 3",
        "≥ 0",
    ),
    "another kind of back end": (
        route("IngressRoute", OTHER_BACKEND, "traefik.io/v1alpha1"),
        "0 to 3",
        "≥ 0",
    ),
    "a resource of an Ingress": (
        route("Ingress", RESOURCE, "networking.k8s.io/v1"),
        "0 to 3",
        "≥ 0",
    ),
    "a document that is no YAML": ("kind: [\n", "0 to 3", "≥ 0"),
}
SHUT = {
    "a policy that is narrowed": policy(
        "{podSelector: {matchLabels: {app: api}}, ingress: [{ports: [{port: 1}]}]}"
    ),
    "nothing": "# a comment\n",
    "a policy that admits nobody": policy("{podSelector: {}}"),
    "a policy for the way out": policy("{podSelector: {}, policyTypes: [Egress], ingress: [{}]}"),
    "a policy for other pods": policy(
        "{podSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [front]}]}, "
        "ingress: [{}]}"
    ),
    "a policy for an absent label": policy(
        "{podSelector: {matchExpressions: [{key: z, operator: Exists}]}, ingress: [{}]}"
    ),
    "a policy of another namespace": policy("{ingress: [{}]}", "other"),
    "a Service of another namespace": second("type: NodePort, selector: {app: api}", "other"),
    "a Service for other pods": second("type: NodePort, selector: {app: web}"),
    "an alias": second("type: ExternalName, externalName: api.shop.svc.cluster.local"),
    "slices of the controller": SLICE
    % ", endpointslice.kubernetes.io/managed-by: endpointslice-controller.k8s.io",
    "Endpoints of the Service": "apiVersion: v1\nkind: Endpoints\n"
    "metadata: {name: api, namespace: shop}\nsubsets: []\n",
    "a definition": route("CustomResourceDefinition", "{}", "apiextensions.k8s.io/v1"),
    "a role": object_("Role", "rules: []", "rbac.authorization.k8s.io/v1"),
    "values": object_("ConfigMap", "data: {}"),
    "a VirtualService of the mesh": route(
        "VirtualService",
        TCP.replace("[g]", "[mesh]"),
        "networking.istio.io/v1",
    ),
    "tls of an Ingress": route(
        "Ingress", "{tls: [{hosts: [a], secretName: b}]}", "networking.k8s.io/v1"
    ),
}


def read(folder: Path, extra: str, workload: str = WORKLOAD, option: str = OPTION) -> Design:
    (folder / "m").mkdir(exist_ok=True)
    (folder / "m" / "a.yaml").write_text(SHOP)
    (folder / "m" / "b.yaml").write_text(extra)
    (folder / "workload.yaml").write_text(workload)
    return only(read_workload(folder), option)


def promises(made: Design, option: str = OPTION) -> dict[str, Check]:
    checks = {c.id.partition(".")[2]: c for c in check_option(made, option)}
    return {id: checks[id] for id in PROMISES}


def text(made: Design, measure: str, option: str = OPTION) -> str:
    return made.placement(option).measure(measure).text


@pytest.mark.parametrize("name", OPEN)
def test_no_check_passes_over_what_may_be_open(tmp_path: Path, name: str) -> None:
    extra, around, public = OPEN[name]
    made = read(tmp_path, extra)
    nobody, subnet, endpoint = promises(made).values()
    told = {"0": State.PASS, "0.5": State.FAIL, "1": State.FAIL}
    assert subnet.state is told.get(around, State.NOT_RUN)
    assert nobody.state is told.get(around, State.NOT_RUN)
    assert endpoint.state is (State.PASS if public == "0" else State.NOT_RUN)
    for check in (c for c in (nobody, subnet, endpoint) if c.state is not State.PASS):
        said = check.reason or check.observed
        assert re.search(r"m/[ab]\.yaml line \d+", said), said
    assert text(made, "around-the-gateway") == around
    assert text(made, "public-endpoints") == public


def test_pods_that_may_get_past_the_token_check_are_no_pass_though_none_is_farther_away(
    tmp_path: Path,
) -> None:
    """Whoever reaches the check holds the token; past it, straight to the Service, nobody asks."""
    extra = route("NetworkPolicy", "{selector: all()}", "projectcalico.org/v3")
    made = read(tmp_path, extra, option="public-services")
    checks = check_option(made, "public-services")
    (found,) = (c for c in checks if c.id == "public-services.nothing-around-the-gateway")
    assert found.state is State.NOT_RUN
    assert "other pods of the cluster reach shop/api" in found.reason
    assert text(made, "around-the-gateway", "public-services") == "0.5"


@pytest.mark.parametrize("name", SHUT)
def test_what_opens_nothing_leaves_the_checks_alone(tmp_path: Path, name: str) -> None:
    made = read(tmp_path, SHUT[name])
    assert {c.state for c in promises(made).values()} == {State.PASS}
    assert text(made, "around-the-gateway") == text(made, "public-endpoints") == "0"


def test_a_second_public_service_fails_what_it_breaks_and_proves_nothing_else(
    tmp_path: Path,
) -> None:
    made = read(tmp_path, second("type: LoadBalancer, selector: {tier: front}"))
    # The policies that are generated let nobody through it; an endpoint it is all the same.
    assert [c.state for c in promises(made).values()] == [State.PASS, State.PASS, State.FAIL]
    assert text(made, "around-the-gateway") == "0"


def test_a_second_service_that_is_published_too_is_drawn_and_no_opening(tmp_path: Path) -> None:
    extra = second("selector: {tier: front}")
    made = read(tmp_path, extra, WORKLOAD.replace("[api]", "[api, extra]"))
    assert {c.state for c in promises(made).values()} == {State.PASS}


def test_external_addresses_of_any_service_may_be_an_endpoint_on_the_internet(
    tmp_path: Path,
) -> None:
    made = read(tmp_path, second("externalIPs: [192.0.2.9], selector: {app: web}"))
    assert made.workload.service("extra").external_ips == ("192.0.2.9",)
    assert [c.state for c in promises(made).values()] == [State.PASS, State.PASS, State.NOT_RUN]
    assert text(made, "public-endpoints") == "≥ 0"
    assert "192.0.2.9" in page.services_table(made).text


def test_pods_that_the_input_does_not_hold_are_those_that_the_selectors_could_pick(
    tmp_path: Path,
) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "workload.yaml").write_text(WORKLOAD)
    alone = SHOP.partition("---")[0]
    # Who answers for a Service without pods nobody can say; an endpoint on the internet it is not.
    unproved = [State.NOT_RUN, State.NOT_RUN, State.PASS]
    for other in ("{tier: a}", "{app: web}"):
        text_ = f"{alone}---\n{second(f'selector: {other}')}"
        (tmp_path / "m" / "a.yaml").write_text(text_)
        made = only(read_workload(tmp_path), OPTION)
        assert [c.state for c in promises(made).values()] == unproved
    (tmp_path / "m" / "a.yaml").write_text(
        f"{alone}---\n{policy('{podSelector: {matchLabels: {zone: a}}, ingress: [{}]}')}"
    )
    made = only(read_workload(tmp_path), OPTION)
    assert [c.state for c in promises(made).values()] == unproved


def test_the_policy_of_the_bundled_shop_is_narrowed_and_opens_nothing_then() -> None:
    made = bundled("contoso-retail")
    counted = ("around-the-gateway", "subnet-only", "public-cluster-endpoint", "public-endpoint")
    for check in check_all(made):
        if check.id.endswith(counted) and ".standing-" not in check.id:
            assert check.state is State.PASS, check.id
    assert text(made, "around-the-gateway") == text(made, "public-endpoints") == "0"
    assert not made.ranking.undecided_on


def moved(made: Design, option: str, low: float, high: float) -> Design:
    """The same design with another way around the gateway in one option."""

    def at(p: Placement) -> Placement:
        way = replace(p.measure(AROUND_THE_GATEWAY), low=low, high=high)
        return replace(p, measures=Instead(p.measures.subject, (way,)))

    placements = tuple(at(p) if p.option.id == option else p for p in made.placements)
    ranking = rank_placements(made.mapping, placements, dict(made.ranking.weights))
    return replace(made, placements=placements, ranking=ranking)


def test_what_is_unproved_is_open_for_every_option_or_for_none() -> None:
    made = bundled("contoso-orders")
    first, runner = (s.option for s in made.ranking.standings[:2])
    assert moved(made, first, 3, 3).ranking.winner == runner
    assert made.ranking.hinges == ()
    wider = moved(made, first, 0, 3)
    assert wider.ranking.winner == runner
    assert first in {h.winner for h in wider.ranking.hinges}
    assert wider.ranking.undecided_on == ("around-the-gateway",)


@pytest.mark.parametrize("name", combined("an empty peer", "externalIPs", "HTTPProxy"))
def test_a_requirement_that_rests_on_it_is_undecided_everywhere(tmp_path: Path, name: str) -> None:
    made = read(tmp_path, OPEN[name][0])
    wanted = with_requirement(made.workload, no_public_cluster_endpoint=True)
    asked = design(wanted)
    placement = asked.placement(OPTION)
    assert placement.standing == "undecided"
    assert "m/b.yaml line" in placement.undecided[0].reason
    assert asked.placement("public-services").standing == "ruled out"
    _everywhere(asked, placement)


def _everywhere(asked: Design, placement: Placement) -> None:
    checks = check_all(asked)
    shown = {
        "verdict": page.verdict(asked).text,
        "comparison": page.measures_table(asked).text,
        "in or out": page.ruled_out_table(asked).text,
        "option": page.avoid(placement).text,
        "findings": page.findings(asked.workload).text,
        "checks": page.checks_table(checks).text,
        "record": decision_record(asked, checks).replace("\\", ""),
        "JSON": as_json(design_data(asked)),
    }
    for where, said in shown.items():
        assert "m/b.yaml line" in said, where
    for where in ("verdict", "comparison", "in or out", "option", "record", "JSON"):
        assert "ndecided" in shown[where], where
    assert "✓" not in standing_mark(placement).text


def test_the_command_line_says_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def said(*arguments: str) -> str:
        main([*arguments, "--workload", str(tmp_path / "workload.yaml")])
        return capsys.readouterr().out

    read(tmp_path, OPEN["HTTPProxy"][0].replace("spec: {}", "spec: {services: [{name: api}]}"))
    (tmp_path / "workload.yaml").write_text(WORKLOAD.replace("publish: [api]\n", ""))
    shown = said("map")
    assert "nothing here is described" not in shown
    assert "HTTPProxy extra (m/b.yaml line 2)" in shown
    data = json.loads(said("map", "--json"))
    (opening,) = data["openings"]
    assert opening["names"] == ["shop/api"]
    assert "stays as it is" in opening["sentence"]
    verified = json.loads(said("verify", "--option", OPTION, "--json"))
    states = {c["id"].partition(".")[2]: c["state"] for c in verified["counted"]}
    assert {states[id] for id in PROMISES} == {"not_run"}


def test_no_policy_is_written_where_none_can_guard_and_it_is_said(tmp_path: Path) -> None:
    made = read(tmp_path, "", WORKLOAD)
    bare = SHOP.replace("selector: {app: api}, ", "").partition("---")[0]
    (tmp_path / "m" / "a.yaml").write_text(bare)
    made = design(read_workload(tmp_path))
    for placement in made.placements:
        files = manifests(placement)
        own = [o for f in files for o in f.objects if o["metadata"]["name"] == "api-apis"]
        assert "NetworkPolicy" not in {o["kind"] for o in own}
        assert not any(
            c.name == "api-apis" and "Policy" in c.kind for c in placement.topology.changes
        )
        said = [step for f in files for step in f.by_hand]
        assert any("shop/api has no selector" in s for s in said), placement.option.id
        assert not any("<POD_LABEL" in f.yaml for f in files)
    states = [c.state for c in promises(made).values()]
    assert states == [State.NOT_RUN, State.NOT_RUN, State.PASS]


def test_a_policy_for_unseen_pods_takes_the_selector_of_the_service(tmp_path: Path) -> None:
    read(tmp_path, "")
    (tmp_path / "m" / "a.yaml").write_text(SHOP.partition("---")[0])
    files = manifests(alone(read_workload(tmp_path), OPTION))
    (made_,) = [o for f in files for o in f.objects if o["kind"] == "NetworkPolicy"]
    assert made_["spec"]["podSelector"] == {"matchLabels": {"app": "api"}}


def test_where_no_service_is_left_the_kind_that_is_not_read_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "a.yaml").write_text(OPEN["a Service of Knative"][0])
    (tmp_path / "workload.yaml").write_text("name: shop\nmanifests: [m/]\n")
    assert main(["map", "--workload", str(tmp_path / "workload.yaml")]) == 2
    errors = capsys.readouterr().err
    assert "Service extra (m/a.yaml line 2)" in errors
    assert "serving.knative.dev/v1" in errors


def test_every_cause_is_a_row_and_every_row_a_cause() -> None:
    source = Path(openings.__file__ or "").read_text(encoding="utf-8")
    for row in opening_rows():
        stem = re.sub(r"(?<=-).*", "", row.id)
        assert f'"{stem}' in source, row.id
    with pytest.raises(Exception, match="Opening 'none' is unknown"):
        opening_row("none")


def test_kinds_are_named_once_and_a_star_stands_for_its_group() -> None:
    keys = [(r.api_group, r.kind) for r in kind_rows()]
    assert len(keys) == len(set(keys))
    assert known_kind("", "Service") and not known_kind("serving.knative.dev", "Service")
    assert known_kind("cert-manager.io", "Anything") and not known_kind("", "Anything")
