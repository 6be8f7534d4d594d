"""Several field managers, conflicts and what the API server refuses: cases by hand."""

from __future__ import annotations

from typing import Any

import pytest

from apim_aks.workload.kubernetes.apply import Answer, Cluster, Manager, managers, text_of
from apim_aks.workload.kubernetes.object import Object
from tests.support.cluster_model import read, tree

SHOP = """
apiVersion: v1
kind: Service
metadata: {name: shop, namespace: web, labels: {team: shop}}
spec:
  type: LoadBalancer
  selector: {app: shop}
  ports: [{name: http, port: 80, targetPort: 8080}, {name: admin, port: 81}]
"""
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: web}
spec:
  selector: {matchLabels: {app: shop}}
  template: {metadata: {labels: {app: shop}}, spec: {containers: [{name: shop, image: "a:1"}]}}
"""


def one(text: str) -> Object:
    (found,) = read(text)
    return found


def service(spec: str, more: str = "") -> Object:
    named = f"{{name: shop, namespace: web{more}}}"
    return one(f"apiVersion: v1\nkind: Service\nmetadata: {named}\nspec: {spec}\n")


def cluster(*texts: str, manager: str = "team") -> Cluster:
    found = Cluster(spaces=frozenset({"web"}))
    for text in texts:
        answer = found.applied(one(text), manager)
        assert not answer.refused
        found = answer.cluster
    return found


def held(answer: Answer) -> Any:
    (kept,) = answer.cluster.kept.values()
    return kept


def owned(answer: Answer, manager: str, operation: str = "Apply") -> set[str]:
    return set(map(text_of, held(answer).managers[Manager(manager, operation)]))


def test_another_value_of_an_owned_field_is_a_conflict_and_changes_nothing() -> None:
    before = cluster(SHOP)
    answer = before.applied(service("{type: ClusterIP}"), "we")
    assert [str(c) for c in answer.conflicts] == ["spec.type, which team owns"]
    assert answer.cluster is before


def test_the_same_value_is_owned_together_and_a_new_field_alone() -> None:
    answer = cluster(SHOP).applied(service("{type: LoadBalancer, sessionAffinity: None}"), "we")
    assert owned(answer, "we") == {"spec.type", "spec.sessionAffinity"}
    assert "spec.type" in owned(answer, "team")


def test_force_takes_the_field_and_leaves_the_rest() -> None:
    answer = cluster(SHOP).applied(service("{type: ClusterIP}"), "we", force=True)
    assert held(answer).data["spec"]["type"] == "ClusterIP"
    assert "spec.type" not in owned(answer, "team") and "spec.selector" in owned(answer, "team")


def test_an_update_meets_no_conflict_and_owns_what_it_changed() -> None:
    answer = cluster(SHOP).updated(service("{type: ClusterIP, selector: {app: shop}}"), "kubectl")
    assert owned(answer, "kubectl", "Update") == {"spec.type"}
    assert "spec.type" not in owned(answer, "team")


def test_what_a_manager_leaves_out_goes_unless_another_owns_it() -> None:
    both = cluster(SHOP).applied(service("{selector: {app: shop}}"), "we").cluster
    answer = both.applied(service("{type: LoadBalancer, ports: [{name: http, port: 80}]}"), "team")
    spec = held(answer).data["spec"]
    assert spec["selector"] == {"app": "shop"}
    assert [p["port"] for p in spec["ports"]] == [80]
    assert "labels" not in held(answer).data["metadata"]


TWO = "{ports: [{name: http, port: 80, protocol: TCP}, {name: admin, port: 81, protocol: TCP}]}"


@pytest.mark.parametrize("protocol", ["", ", protocol: TCP"])
def test_a_port_stays_while_another_has_it_whoever_said_its_protocol(protocol: str) -> None:
    """structured-merge-diff, merge/update.go: an item goes with the last who has the item."""
    first = cluster().applied(service(TWO), "team").cluster
    both = first.applied(service(f"{{ports: [{{name: http, port: 80{protocol}}}]}}"), "we").cluster
    left = both.applied(service("{ports: [{name: admin, port: 81}]}"), "team")
    ports = held(left).data["spec"]["ports"]
    assert [(p["port"], p["protocol"]) for p in ports] == [(80, "TCP"), (81, "TCP")]
    last = left.cluster.applied(service("{type: ClusterIP, ports: [{port: 81}]}"), "we")
    assert [p["port"] for p in held(last).data["spec"]["ports"]] == [81]


def test_who_set_a_field_of_a_port_alone_does_not_keep_it() -> None:
    first = cluster(SHOP).updated(service("{ports: [{port: 81, nodePort: 30081}]}"), "controller")
    ports = "{type: LoadBalancer, ports: [{name: http, port: 80, targetPort: 8080}]}"
    left = first.cluster.applied(service(ports), "team")
    assert [p["port"] for p in held(left).data["spec"]["ports"]] == [80]


def test_items_of_lists_are_owned_by_their_keys() -> None:
    ports = "{ports: [{name: admin, port: 81, targetPort: 9}, {name: new, port: 82}]}"
    answer = cluster(SHOP).applied(service(ports), "we")
    assert not answer.refused
    assert "spec.ports[port=81,protocol=TCP].targetPort" in owned(answer, "we")
    taken = cluster(SHOP).applied(service("{ports: [{port: 80, targetPort: 9}]}"), "we")
    fields = [text_of(c.field) for c in taken.conflicts]
    assert fields == ["spec.ports[port=80,protocol=TCP].targetPort"]


def test_managed_fields_are_read_as_they_are_written() -> None:
    answer = cluster(SHOP).updated(service("{type: ClusterIP}", ", finalizers: [a/b]"), "kubectl")
    entries = [
        {"manager": who.name, "operation": who.operation, "fieldsV1": tree(fields)}
        for who, fields in held(answer).managers.items()
    ]
    data = {"metadata": {"managedFields": [*entries, {"subresource": "status"}, "x"]}}
    assert managers(data) == held(answer).managers


@pytest.mark.parametrize("damaged", [None, 5, [None], [{"fieldsV1": {"f:a": {"k:{": {}}}}]])
def test_damaged_managed_fields_own_nothing_or_less(damaged: Any) -> None:
    found = managers({"metadata": {"managedFields": damaged}})
    assert {text_of(f) for fields in found.values() for f in fields} <= {"a"}


@pytest.mark.parametrize(
    ("before", "after", "because"),
    [
        (
            "",
            "{type: ClusterIP, loadBalancerSourceRanges: [10.0.0.0/8], ports: [{port: 1}]}",
            "refused",
        ),
        ("", "{type: ClusterIP}", "it has no port"),
        ("", "{ports: [{port: 1}, {port: 2}]}", "the same name, or none"),
        ("{clusterIP: 10.0.0.1, ports: [{port: 1}]}", "{clusterIP: 10.0.0.2}", "spec.clusterIP"),
    ],
)
def test_a_service_that_the_api_server_refuses_stays(before: str, after: str, because: str) -> None:
    found = Cluster(spaces=frozenset({"web"}))
    if before:
        found = found.applied(service(before), "team").cluster
    answer = found.updated(service(after), "team")
    assert because in answer.refused and answer.cluster is found


@pytest.mark.parametrize(
    ("change", "because"),
    [
        (("matchLabels: {app: shop}", "matchLabels: {app: other}"), "does not match the labels"),
        (("app: shop", "app: other"), "spec.selector cannot be changed"),
        (("app: shop", "app: <NAME>"), "which no label may be"),
        (("name: shop, name", "name: Shop, name"), "not a name that Kubernetes takes"),
    ],
)
def test_a_deployment_that_the_api_server_refuses(change: tuple[str, str], because: str) -> None:
    answer = cluster(DEPLOYMENT).applied(one(DEPLOYMENT.replace(*change)), "team")
    assert because in answer.refused


def test_a_namespace_comes_before_and_goes_with_what_is_in_it() -> None:
    space = one("apiVersion: v1\nkind: Namespace\nmetadata: {name: web}\n")
    assert Cluster().applied(one(SHOP), "we").refused == "namespace web is not there"
    made = Cluster().applied(space, "we").cluster.applied(one(SHOP), "we").cluster
    assert len(made.kept) == 2 and made.deleted(space).kept == {}


def test_a_kind_is_served_once_its_definition_is_there() -> None:
    gate = one("apiVersion: a.example/v1\nkind: Gate\nmetadata: {name: g}\n")
    definition = one(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
        "metadata: {name: gates.a.example}\nspec: {group: a.example, names: {kind: Gate}}\n"
    )
    assert "serves no kind Gate of a.example" in Cluster().applied(gate, "we").refused
    assert not Cluster().applied(definition, "we").cluster.applied(gate, "we").refused
