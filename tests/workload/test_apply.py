"""What the API server holds after files are applied: cases by hand, and the schema it follows."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apim_aks.facts.merging import default_rows, merge_rows
from apim_aks.workload.documents import dump_all, parse
from apim_aks.workload.kubernetes.apply import Held, Outcome, Step, apply
from apim_aks.workload.kubernetes.apply.held import Action
from apim_aks.workload.kubernetes.apply.services import RANGES
from apim_aks.workload.kubernetes.object import Object, objects_in
from tests.support.merge_rules import Rule, Rules, merge_rules
from tests.support.places import CORPORA
from tests.support.series import examples

SWAGGER = CORPORA / "openapi" / "large" / "kubernetes-swagger-2.0.json"

SHOP = """
apiVersion: v1
kind: Service
metadata: {name: shop, namespace: web, labels: {team: shop}}
spec:
  type: LoadBalancer
  selector: {app: shop}
  ports:
    - {name: http, port: 80, targetPort: 8080, nodePort: 30080}
    - {name: dns, port: 80, protocol: UDP}
"""


def read(text: str, file: str) -> tuple[Object, ...]:
    findings: list[Any] = []
    found = tuple(objects_in(parse(text.encode(), file).documents, findings))
    assert not findings
    return found


def done(before: str, *steps: tuple[Action, str]) -> Outcome:
    ours = (Step(a, read(text, f"{i}0.yaml")) for i, (a, text) in enumerate(steps, 1))
    return apply(read(before, "shop.yaml"), ours)


def one(before: str, *steps: tuple[Action, str]) -> Held:
    (held,) = done(before, *steps).objects
    return held


def patched(fields: str) -> Held:
    return one(SHOP, ("patch", _service(fields)))


def _service(fields: str) -> str:
    return (
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: shop, namespace: web}}\nspec: {fields}\n"
    )


def test_a_partial_service_keeps_what_it_does_not_name() -> None:
    held = patched("{type: ClusterIP}")
    assert held.data == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "shop", "namespace": "web", "labels": {"team": "shop"}},
        "spec": {
            "type": "ClusterIP",
            "selector": {"app": "shop"},
            "ports": [
                {"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"},
                {"name": "dns", "port": 80, "targetPort": 80, "protocol": "UDP"},
            ],
            "internalTrafficPolicy": "Cluster",
        },
    }
    assert held.unclear == ()


def test_each_part_has_the_file_and_line_that_said_it_last() -> None:
    held = patched("{type: ClusterIP}")
    assert held.origin("spec", "type") == ("10.yaml", 4)
    assert held.origin("spec", "selector", "app") == ("shop.yaml", 7)
    assert held.origin("spec", "ports", 1, "port") == ("shop.yaml", 10)
    assert [(o.path, o.document.file) for o in held.origins] == [
        ((), "shop.yaml"),
        (("spec", "type"), "10.yaml"),
    ]
    assert held.object.line == 2
    assert held.object.document.file == "shop.yaml"
    assert held.object.document.line_of("spec", "ports", 1) == 10


def test_an_item_of_a_list_keeps_its_line() -> None:
    listed = f"apiVersion: v1\nkind: ServiceList\nitems:\n{_indented(SHOP)}"
    held = one(listed, ("patch", _service("{type: ClusterIP}")))
    assert held.origin("spec", "selector") == ("shop.yaml", 9)
    assert (held.object.line, held.object.document.line_of("spec", "selector")) == (4, 9)


def _indented(text: str) -> str:
    first, *rest = text.strip().split("\n")
    return "\n".join((f"  - {first}", *(f"    {line}" for line in rest)))


def test_ports_are_told_apart_by_port_and_protocol_and_tcp_is_meant_where_none_stands() -> None:
    held = patched("{ports: [{port: 80, targetPort: 9090}, {port: 443}]}")
    assert held.data["spec"]["ports"] == [
        {"name": "http", "port": 80, "targetPort": 9090, "nodePort": 30080, "protocol": "TCP"},
        {"name": "dns", "port": 80, "targetPort": 80, "protocol": "UDP"},
        {"port": 443, "targetPort": 443, "protocol": "TCP"},
    ]
    assert held.origin("spec", "ports", 0, "targetPort")[0] == "10.yaml"
    assert held.origin("spec", "ports", 0, "nodePort")[0] == "shop.yaml"
    assert held.origin("spec", "ports", 2) == ("10.yaml", 4)


def test_a_selector_is_replaced_as_a_whole_and_labels_are_merged() -> None:
    text = _service("{selector: {tier: web}}").replace("namespace: web", "labels: {a: b}")
    held = one(SHOP.replace(", namespace: web", ""), ("patch", text))
    assert held.data["spec"]["selector"] == {"tier": "web"}
    assert held.data["metadata"]["labels"] == {"team": "shop", "a": "b"}


def test_lists_without_keys_are_replaced_and_sets_united() -> None:
    pod = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: a, finalizers: [x/one]}
spec:
  template:
    spec:
      containers:
        - {name: main, image: a:1, args: [old], ports: [{containerPort: 80}]}
"""
    change = (
        pod.replace("x/one", "x/two")
        .replace("image: a:1, args: [old]", "args: [new, er]")
        .replace("containerPort: 80", "containerPort: 81")
    )
    held = one(pod, ("patch", change))
    assert held.data["metadata"]["finalizers"] == ["x/one", "x/two"]
    assert held.data["spec"]["template"]["spec"]["containers"] == [
        {
            "name": "main",
            "image": "a:1",
            "args": ["new", "er"],
            "ports": [
                {"containerPort": 80, "protocol": "TCP"},
                {"containerPort": 81, "protocol": "TCP"},
            ],
        }
    ]


POLICY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: a}
spec: {podSelector: {}, %s}
"""


@pytest.mark.parametrize(
    ("said", "types"),
    [
        ("ingress: []", ["Ingress"]),
        ("egress: []", ["Ingress"]),
        ("egress: [{}]", ["Ingress", "Egress"]),
        ("policyTypes: [Egress]", ["Egress"]),
        ("policyTypes: []", ["Ingress"]),
    ],
)
def test_directions_of_a_policy_that_names_none(said: str, types: list[str]) -> None:
    assert one(POLICY % said).data["spec"]["policyTypes"] == types


def test_ports_of_a_policy_are_tcp_and_its_rules_are_replaced() -> None:
    before = POLICY % "ingress: [{ports: [{port: 80}]}, {}]"
    assert one(before).data["spec"]["ingress"][0]["ports"] == [{"port": 80, "protocol": "TCP"}]
    held = one(before, ("patch", POLICY % "ingress: [{from: [], ports: [{port: 81}]}]"))
    assert held.data["spec"]["ingress"] == [
        {"from": [], "ports": [{"port": 81, "protocol": "TCP"}]}
    ]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (
            "{type: NodePort}",
            {
                "type": "NodePort",
                "externalTrafficPolicy": "Cluster",
                "internalTrafficPolicy": "Cluster",
            },
        ),
        (
            "{type: LoadBalancer, externalTrafficPolicy: Local}",
            {
                "type": "LoadBalancer",
                "externalTrafficPolicy": "Local",
                "internalTrafficPolicy": "Cluster",
                "allocateLoadBalancerNodePorts": True,
            },
        ),
        (
            "{type: LoadBalancer, allocateLoadBalancerNodePorts: false}",
            {
                "type": "LoadBalancer",
                "externalTrafficPolicy": "Cluster",
                "internalTrafficPolicy": "Cluster",
                "allocateLoadBalancerNodePorts": False,
            },
        ),
        (
            "{externalIPs: [192.0.2.1]}",
            {
                "type": "ClusterIP",
                "externalIPs": ["192.0.2.1"],
                "externalTrafficPolicy": "Cluster",
                "internalTrafficPolicy": "Cluster",
            },
        ),
        (
            "{type: ExternalName, externalName: a.example}",
            {"type": "ExternalName", "externalName": "a.example"},
        ),
    ],
)
def test_defaults_of_a_service_follow_its_type(spec: str, expected: dict[str, Any]) -> None:
    assert one(_service(spec)).data["spec"] == expected


@pytest.mark.parametrize(
    ("before", "patch", "gone", "kept"),
    [
        (
            "{type: LoadBalancer, loadBalancerClass: a/b, externalTrafficPolicy: Local, "
            "healthCheckNodePort: 30001}",
            "{type: ClusterIP}",
            "externalTrafficPolicy allocateLoadBalancerNodePorts loadBalancerClass "
            "healthCheckNodePort",
            "internalTrafficPolicy",
        ),
        (
            "{type: LoadBalancer, externalIPs: [192.0.2.1]}",
            "{type: ClusterIP}",
            "allocateLoadBalancerNodePorts",
            "externalTrafficPolicy externalIPs",
        ),
        (
            "{type: LoadBalancer}",
            "{type: NodePort}",
            "allocateLoadBalancerNodePorts",
            "externalTrafficPolicy",
        ),
        (
            "{clusterIP: 10.0.0.9, ipFamilies: [IPv4]}",
            "{type: ExternalName, externalName: a.example}",
            "clusterIP ipFamilies",
            "externalName",
        ),
    ],
)
def test_a_change_of_type_drops_what_the_new_type_has_no_use_for(
    before: str, patch: str, gone: str, kept: str
) -> None:
    spec = one(_service(before), ("patch", _service(patch))).data["spec"]
    assert not set(gone.split()) & set(spec)
    assert set(kept.split()) <= set(spec)


def test_node_ports_are_kept_between_types_that_have_them() -> None:
    spec = patched("{type: NodePort}").data["spec"]
    assert [p.get("nodePort") for p in spec["ports"]] == [30080, None]


def test_the_address_of_a_load_balancer_goes_with_it() -> None:
    recorded = f"{SHOP}status: {{loadBalancer: {{ingress: [{{ip: 192.0.2.1}}]}}}}\n"
    held = one(recorded, ("patch", _service("{type: ClusterIP}")))
    assert held.data["status"] == {}


@pytest.mark.parametrize(
    ("before", "fields", "because"),
    [
        (
            SHOP.replace("  ports:", "  loadBalancerSourceRanges: [192.0.2.0/24]\n  ports:"),
            "{type: ClusterIP}",
            "stays as it was: loadBalancerSourceRanges is refused on type ClusterIP",
        ),
        (
            SHOP.replace(
                "labels: {team: shop}",
                f"annotations: {{{RANGES}: 192.0.2.0/24}}",
            ),
            "{type: ClusterIP}",
            f"stays as it was: the annotation {RANGES} is refused on type ClusterIP",
        ),
        (
            SHOP,
            "{type: ClusterIP, externalTrafficPolicy: Local}",
            "stays as it was: externalTrafficPolicy is refused on type ClusterIP",
        ),
        (
            SHOP,
            "{type: ClusterIP, ports: [{port: 80, nodePort: 30081}]}",
            "stays as it was: nodePort is refused on type ClusterIP",
        ),
    ],
)
def test_what_the_api_server_refuses_changes_nothing_and_is_named(
    before: str, fields: str, because: str
) -> None:
    held = one(before, ("patch", _service(fields)))
    assert held.data == one(before).data
    assert [(u.because, u.file) for u in held.unclear] == [(because, "10.yaml")]


def test_emptied_source_ranges_go_with_the_load_balancer() -> None:
    before = SHOP.replace("  ports:", "  loadBalancerSourceRanges: [192.0.2.0/24]\n  ports:")
    held = one(before, ("patch", _service("{type: ClusterIP, loadBalancerSourceRanges: []}")))
    assert (held.data["spec"]["type"], held.unclear) == ("ClusterIP", ())


def test_node_ports_that_are_no_longer_asked_for_are_named() -> None:
    held = patched("{allocateLoadBalancerNodePorts: false}")
    assert [u.because for u in held.unclear] == ["keeps the node ports that it was given before"]
    without = _service("{type: LoadBalancer, allocateLoadBalancerNodePorts: false}")
    assert one(_service("{type: ClusterIP}"), ("patch", without)).unclear == ()
    assert one(without, ("patch", without)).unclear == ()


def test_apply_stops_at_a_value_of_somebody_else_and_patch_does_not() -> None:
    held = one(SHOP, ("apply", _service("{type: ClusterIP}")))
    assert held.data == one(SHOP).data
    assert [(u.because, u.line) for u in held.unclear] == [
        ("stays as it was: another spec.type stops its apply", 4)
    ]
    agreed = one(SHOP, ("apply", _service("{type: LoadBalancer, sessionAffinity: None}")))
    assert (agreed.data["spec"]["sessionAffinity"], agreed.unclear) == ("None", ())
    same = _service("{type: NodePort}")
    again = one(SHOP, ("patch", same), ("apply", same))
    assert again.unclear == ()


@pytest.mark.parametrize(
    ("before", "step", "because"),
    [
        (
            SHOP,
            _service("{type: null, a: null}"),
            "spec.type is null in what is applied",
        ),
        (
            "apiVersion: x.example/v1\nkind: A\nmetadata: {name: a}\nspec: {rules: [1], b: {c: 1}}",
            "apiVersion: x.example/v1\nkind: A\nmetadata: {name: a}\nspec: {rules: [2], b: {d: 1}}",
            "how spec.rules is merged is not known here, and it was replaced",
        ),
        (
            "apiVersion: x.example/v1\nkind: A\nmetadata: {name: a}\nspec: {b: 1}",
            "apiVersion: x.example/v2\nkind: A\nmetadata: {name: a}\nspec: {b: 1}",
            "is held as x.example/v1 and applied as x.example/v2",
        ),
        (
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}",
            _service("{type: LoadBalancer}"),
            "is patched and stands in no file: nothing is known of it beside the patch",
        ),
    ],
)
def test_what_is_not_known_is_named(before: str, step: str, because: str) -> None:
    outcome = done(before, ("patch", step))
    assert [u.because for h in outcome.objects for u in h.unclear] == [because]


def test_maps_of_custom_resources_are_merged_and_their_lists_replaced() -> None:
    made = "apiVersion: x.example/v1\nkind: A\nmetadata: {name: a}\nspec: {rules: [%s], b: {%s: 1}}"
    held = one(made % ("1, 2", "c"), ("patch", made % ("2", "d")))
    assert held.data["spec"] == {"rules": [2], "b": {"c": 1, "d": 1}}


def test_no_default_is_put_into_what_stands_in_no_file() -> None:
    held = done("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}", ("patch", _service("{}")))
    assert held.objects[1].data["spec"] == {}
    assert not held.objects[1].whole


def test_a_later_step_that_leaves_a_field_out_is_named() -> None:
    first, second = (
        _service("{type: NodePort, sessionAffinity: None}"),
        _service("{type: NodePort}"),
    )
    held = one(SHOP, ("patch", first), ("patch", second))
    assert [u.because for u in held.unclear] == [
        "spec.sessionAffinity was applied before and is left out now"
    ]


WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: a, labels: {}, finalizers: [x/one]}
spec:
  selector: {matchLabels: {app: a}}
  template:
    spec:
      containers:
        - {name: main, args: [new, er], ports: [{containerPort: 80}, {containerPort: 81}]}
"""


def test_what_is_left_out_later_is_named_by_its_field_alone() -> None:
    other = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}"
    same = done(other, ("apply", WEB), ("apply", WEB))
    assert same.objects[1].unclear == ()
    fewer = WEB.replace(", {containerPort: 81}", "").replace("x/one", "x/two")
    held = done(other, ("apply", WEB), ("apply", fewer)).objects[1]
    assert [u.because.partition(" was")[0] for u in held.unclear] == [
        "metadata.finalizers[0]",
        "spec.template.spec.containers[0].ports[1].containerPort",
    ]


def test_what_our_own_files_set_stops_no_later_apply() -> None:
    later = _service("{type: ClusterIP}")
    held = one(SHOP, ("patch", _service("{type: NodePort}")), ("apply", later))
    assert (held.data["spec"]["type"], held.unclear) == ("ClusterIP", ())


def test_a_key_that_is_held_twice_is_named() -> None:
    double = WEB.replace("containerPort: 81", "containerPort: 80, name: b")
    change = WEB.replace(", {containerPort: 81}", "")
    held = one(double, ("patch", change))
    assert [u.because for u in held.unclear] == [
        "how spec.template.spec.containers[0].ports[0] is merged is not known here, and it was "
        "replaced"
    ]


def test_items_that_are_atomic_are_replaced() -> None:
    owned = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, ownerReferences: [{uid: u, %s}]}"
    held = one(owned % "name: b", ("patch", owned % "kind: C"))
    assert held.data["metadata"]["ownerReferences"] == [{"uid": "u", "kind": "C"}]


def test_the_same_object_twice_is_doubted_unless_both_are_alike() -> None:
    other = SHOP.replace("8080", "9090")
    assert len(done(f"{SHOP}---{SHOP}").objects) == 1
    first, second = done(f"{SHOP}---{other}", ("patch", _service("{type: ClusterIP}"))).objects
    assert [len(h.unclear) for h in (first, second)] == [1, 1]
    assert [h.data["spec"]["type"] for h in (first, second)] == ["ClusterIP", "ClusterIP"]


def test_what_is_deleted_is_gone_and_nothing_else() -> None:
    route = "apiVersion: {}\nkind: Ingress\nmetadata: {{name: shop, namespace: {}}}"
    kept = (route.format("networking.k8s.io/v1", "api"), route.format("a.example/v1", "web"))
    gone = route.format("networking.k8s.io/v1", "web")
    outcome = done("\n---\n".join((SHOP, *kept, gone)), ("delete", gone), ("delete", gone))
    assert [(h.object.kind, h.object.group) for h in outcome.objects] == [
        ("Service", ""),
        ("Ingress", "networking.k8s.io"),
        ("Ingress", "a.example"),
    ]
    ((held, by),) = outcome.removed
    assert (held.origin(), by.document.file) == (("shop.yaml", 21), "10.yaml")


def test_a_namespace_goes_with_all_that_is_in_it() -> None:
    space = "apiVersion: v1\nkind: Namespace\nmetadata: {name: web}"
    outcome = done(f"{SHOP}---\n{space}", ("delete", space))
    assert (len(outcome.objects), len(outcome.removed)) == (0, 2)


def test_objects_that_no_name_tells_apart_are_passed_on() -> None:
    nameless = "apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}\nspec: {}"
    outcome = done(f"{nameless}\n---\n{nameless}", ("delete", SHOP))
    assert len(outcome.objects) == 2
    assert len(outcome.documents) == 2


PARTS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["ClusterIP", "NodePort", "LoadBalancer"]),
        "selector": st.dictionaries(st.sampled_from("ab"), st.sampled_from("cd")),
        "loadBalancerSourceRanges": st.sampled_from([[], ["192.0.2.0/24"]]),
        "externalTrafficPolicy": st.sampled_from(["Local", "Cluster"]),
        "allocateLoadBalancerNodePorts": st.booleans(),
        "ports": st.lists(
            st.fixed_dictionaries(
                {"port": st.sampled_from([80, 81])},
                optional={
                    "protocol": st.sampled_from(["TCP", "UDP"]),
                    "targetPort": st.sampled_from([8080, "web"]),
                    "nodePort": st.just(30080),
                },
            ),
            max_size=3,
            unique_by=lambda p: (p["port"], p.get("protocol", "TCP")),
        ),
    },
)


@given(PARTS, PARTS, st.sampled_from(("apply", "patch")))
@examples(60)
def test_applying_twice_is_applying_once(
    before: dict[str, Any], ours: dict[str, Any], action: Action
) -> None:
    text, step = _service(json.dumps(before)), _service(json.dumps(ours))
    once, twice = one(text, (action, step)), one(text, (action, step), (action, step))
    assert twice.data == once.data
    assert len(twice.origins) == len(once.origins)
    assert set(once.unclear) <= set(twice.unclear)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "ClusterIP"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["type", "ports", "port", "nodePort", "a"]), inner)
    ),
    max_leaves=6,
)


@given(ANYTHING, ANYTHING, ANYTHING)
@examples(60)
def test_no_data_breaks_it(spec: Any, annotations: Any, ours: Any) -> None:
    made = {"name": "shop", "namespace": "web", "annotations": annotations}
    before = {"apiVersion": "v1", "kind": "Service", "metadata": made, "spec": spec}
    held = one(json.dumps(before), ("patch", _service(json.dumps(ours))))
    assert held.data["kind"] == "Service"


def published() -> Rules:
    """The rules of the Kubernetes that the table was taken from, as its package holds them."""
    folder = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
    found = json.loads((folder / "v1.36.0-local" / "_definitions.json").read_text("utf-8"))
    return merge_rules(found["$defs"], frozenset(default_rows()))


@cache
def table() -> Rules:
    rows = [row for rows in merge_rows().values() for row in rows.values()]
    return {
        (r.definition, r.field): Rule(
            r.definition, r.field, r.merge, tuple(k.partition("=")[0] for k in r.keys), r.leads_to
        )
        for r in rows
    }


def test_the_table_is_what_kubernetes_publishes() -> None:
    assert table() == published()


@pytest.mark.skipif(not SWAGGER.is_file(), reason=f"{SWAGGER} is not there")
def test_an_older_kubernetes_merges_in_the_same_way() -> None:
    older = merge_rules(
        json.loads(SWAGGER.read_text("utf-8"))["definitions"], frozenset(default_rows())
    )
    both = older.keys() & table().keys()
    assert len(both) > 100
    # Claims of a container were a set before they got a second field.
    claims = ("core.v1.ResourceRequirements", "claims")
    assert {k for k in both if older[k] != table()[k]} == {claims}


def test_a_key_that_may_be_left_out_has_its_default() -> None:
    defaults = {d: {r.field: r.value for r in rows} for d, rows in default_rows().items()}
    keyed = [r for rows in merge_rows().values() for r in rows.values() if r.keys]
    for row in keyed:
        for name, _, value in (k.partition("=") for k in row.keys):
            filled = defaults.get(row.leads_to, {}).get(name)
            assert json.loads(filled or '""') == value, (row.definition, row.field)


def test_documents_of_the_outcome_are_the_objects() -> None:
    outcome = done(SHOP, ("patch", _service("{type: ClusterIP}")))
    again = objects_in(outcome.documents, [])
    assert [o.data for o in again] == [h.data for h in outcome.objects]
    assert dump_all(d.data for d in outcome.documents)
