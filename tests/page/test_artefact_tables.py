"""Pages of what is built: tables, folded files, downloads, certificates, addresses, failures."""

from __future__ import annotations

import base64
import csv
import html
import random
import re
from dataclasses import replace
from functools import cache

import pytest

from apim_aks import facts, page
from apim_aks.artefacts.bundle import Artefacts, artefacts
from apim_aks.artefacts.manifests import Action, ManifestFile, manifests
from apim_aks.decision.design import Design, Placement, design, placed
from apim_aks.errors import InputError
from apim_aks.facts import controller, ingress_gateways, manifest_files, tier, tiers
from apim_aks.options import OPTIONS, Setting, option
from apim_aks.options.tier_choice import refusal
from apim_aks.page.tables.artefact_tables import name
from apim_aks.page.tables.failure_table import concerned
from apim_aks.workload.azure import Azure
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Consumer, Requirements, Workload
from tests.page.test_page import Reader
from tests.support import scenario
from tests.support.designs import of_shop
from tests.support.toy_option import OPTION as TOY

EVIL = "</code><script>alert(1)</script>"
every = pytest.mark.parametrize("id", [o.id for o in (*OPTIONS, TOY)])


@cache
def designed(workload: str = "contoso-orders") -> Design:
    return design(read_workload(workload), (*OPTIONS, TOY))


@cache
def built(id: str) -> Artefacts:
    return artefacts(designed().placement(id))


def words(fragment: page.Html) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", fragment.text)).split())


def meshed() -> Artefacts:
    made = design(scenario.shop(requirements=Requirements(service_mesh=True)))
    return artefacts(made.placement("vnet-external"))


# What is built.


@every
def test_network_policies_say_what_else_they_cut_and_how_a_caller_is_admitted(id: str) -> None:
    one = built(id)
    cuts = any(o["kind"] == "NetworkPolicy" for file in one.manifests for o in file.objects)
    said = words(page.built_table(one))
    assert ("cut calls between Services that are not drawn here" in said) is cuts
    assert ("namespace and pods under ingress.from" in said) is cuts


def test_steps_by_hand_stand_beside_their_file() -> None:
    ranges = "service.beta.kubernetes.io/load-balancer-source-ranges"
    listed = scenario.service(
        "orders", "GET /orders", type=scenario.PUBLIC, annotations=((ranges, "203.0.113.0/24"),)
    )
    made = design(scenario.workload(listed))
    one = artefacts(made.placement("vnet-internal"))
    (step,) = [s for file in one.manifests for s in file.by_hand if "annotate" in s]
    assert f"! by hand {step}" in words(page.manifests_folded(one))
    assert "annotate" not in words(page.manifests_folded(built("vnet-internal")))


@every
def test_every_fragment_is_well_formed(id: str) -> None:
    one = built(id)
    for fragment in (
        page.built_table(one),
        page.formats(designed(), one),
        page.manifests_folded(one),
        page.policies_folded(one),
        page.expiry_table(one),
        page.rotation(one),
        page.planned_addresses(one),
        page.seen_addresses(one),
        page.failures_table(one.drawn),
        page.downloads(one),
    ):
        read = Reader(fragment.text.replace("<wbr>", ""))
        assert read.wrong == [] and read.open == []


@every
def test_every_stage_and_every_manifest_is_in_the_table(id: str) -> None:
    text = words(page.built_table(built(id)))
    assert all(f"{s.name}: " in text for s in built(id).stages)
    assert all(m.name in text for m in built(id).manifests)


@every
def test_names_are_those_of_the_workload_and_no_expressions(id: str) -> None:
    one = built(id)
    for stage in one.stages:
        for resource in stage.resources:
            assert not re.search(r"[\[({]|parameters", name(resource, stage)), resource["name"]


def test_manifests_stand_before_the_apis_and_certificates_before_the_gateway_reads_them() -> None:
    text = words(page.built_table(built("ingress-mtls")))
    steps = ("10-foundation: ", "certificates: ", "22-gateway", "manifests: ", "30-apis-01: ")
    places = [text.index(step) for step in steps]
    assert places == sorted(places)


def test_an_option_with_certificates_in_the_cluster_alone_has_the_step_too() -> None:
    text = words(page.built_table(built("public-services")))
    assert text.count("certificates: ") == 1
    assert text.index("certificates: ") < text.index("manifests: ")


def test_what_cannot_be_built_is_said_first() -> None:
    made = design(scenario.shop(azure=Azure(address_space="10.90.0.0/30")))
    found = artefacts(made.placement("vnet-internal"))
    assert words(page.built_table(found)).startswith("✗ not built For Virtual network, internal")
    assert "no plan" in words(page.planned_addresses(found))
    assert "Nothing is applied" in words(page.manifests_folded(found))
    assert page.seen_addresses(found).text


def test_every_file_of_manifests_has_an_owner_among_the_teams() -> None:
    teams = {facts.component_row(k.kind).owner for k in facts.component_rows()}
    assert {f.owner for f in manifest_files()} <= teams
    written = {
        m.name for gate in ingress_gateways() for o in OPTIONS for m in _made(o.id, gate.controller)
    }
    assert written == {f.id for f in manifest_files()}


def _made(id: str, gate: str) -> tuple[ManifestFile, ...]:
    made = designed("contoso-retail")
    drawn = made.placement(id)
    first, *rest = drawn.published
    workload = replace(made.workload, services=(replace(first, derived_from="more"), *rest))
    setting = Setting(
        workload=workload, mapping=made.mapping, tier=drawn.tier, controller=controller(gate)
    )
    return manifests(placed(setting, option(id), True))


def test_manifests_and_policies_are_escaped_under_their_names() -> None:
    one = built("ingress-mtls")
    bad = replace(one.manifests[0], head=EVIL, because=EVIL, warning=EVIL)
    text = page.manifests_folded(replace(one, manifests=(bad,))).text
    assert "<script" not in text
    assert text.count("&lt;script&gt;") == 3
    policy = replace(one.policies[0], xml=EVIL, name=f"{EVIL}.xml")
    assert "<script" not in page.policies_folded(replace(one, policies=(policy,))).text


def test_a_manifest_is_shown_with_its_command_and_warning() -> None:
    one = built("ingress-mtls")
    warned = replace(one.manifests[0], warning="Prove it.")
    text = words(page.manifests_folded(replace(one, manifests=(warned,))))
    assert "! know Prove it." in text
    assert f"Apply it: {Action.APPLY.command('20-certificates.yaml')}" in text


def test_policies_are_grouped_by_scope() -> None:
    summaries = re.findall(r"<summary>([^<]*)", page.policies_folded(built("ingress-mtls")).text)
    groups = [s.split(" (")[0] for s in summaries if s.strip()]
    assert groups == ["Fragments", "The whole gateway", "The product", "APIs", "Operations"]


# Downloads.


def links(fragment: page.Html) -> dict[str, str]:
    found = Reader(fragment.text).all("a")
    return {a.get("download") or "": a["href"] or "" for a in found}


@every
def test_every_file_can_be_kept_without_a_network(id: str) -> None:
    found = links(page.downloads(built(id)))
    for file in built(id).files:
        kind, _, data = found[file.file.rpartition("/")[2]].partition(";base64,")
        assert kind.startswith("data:application/")
        assert base64.b64decode(data).decode() == file.text
    assert f"contoso-orders-{id}.zip" in found


def test_large_files_are_linked_beside_the_page_and_the_archive_stays_in_it() -> None:
    one = built("ingress-mtls")
    large = replace(one, manifests=(replace(one.manifests[0], head="# x\n" * 700_000),))
    found = links(page.downloads(large))
    assert found["10-foundation.json"] == "ingress-mtls/arm/10-foundation.json"
    assert found["contoso-orders-ingress-mtls.zip"].startswith("data:application/zip")
    assert "these beside it" in words(page.downloads(large))
    noise = "".join(random.Random(0).choices("0123456789abcdef", k=1_200_000))
    larger = replace(one, manifests=(replace(one.manifests[0], head=f"# {noise}\n"),))
    assert links(page.downloads(larger))[""] == "ingress-mtls/"
    assert "data:" not in page.downloads(larger).text


def test_sizes_are_said() -> None:
    text = words(page.downloads(built("ingress-mtls")))
    assert re.match(rf"{len(built('ingress-mtls').files)} files, \d+ kB: the page carries", text)


# Certificates.


def test_certificates_say_when_they_expire_and_where_they_are_kept() -> None:
    text = words(page.expiry_table(built("ingress-mtls")))
    for said in ("after 6 months", "after 1 year", "after 5 years", "client-authority"):
        assert said in text


def test_the_authority_is_replaced_by_trusting_both_first() -> None:
    text = words(page.rotation(built("ingress-mtls")))
    both, alone = text.index("Put both authorities"), text.index("Put the new authority alone")
    assert both < text.index("client certificate by one of the new authority") < alone


def test_one_certificate_in_steps_stands_for_all_of_its_kind() -> None:
    fragment = page.rotation(built("public-services"))
    text = words(fragment)
    assert "Replace a server certificate (3 certificates)" in text
    assert text.count("az keyvault certificate create") == 1
    assert "The same for: tls-check-orders-getorder" in text
    asked, signed, merged = (text.index(w) for w in ("create --", "pending show", "pending merge"))
    assert asked < signed < merged


def test_a_service_that_ends_tls_itself_keeps_its_certificate() -> None:
    made = of_shop()
    one = artefacts(made.placement("public-services"))
    text = words(page.expiry_table(one))
    assert "not in it: its owner's own" in text


def test_without_certificates_there_is_nothing_to_replace() -> None:
    assert "none has to be replaced" in words(page.rotation(built("vnet-external")))
    assert "client-gateway" in words(page.expiry_table(meshed()))


# Addresses.


def row(fragment: page.Html, *starts: str) -> str:
    rows = [words(page.Html(r)) for r in re.findall(r"<tr .*?</tr>", fragment.text)]
    return next(r for r in rows if r.startswith(" ".join(starts)))


def test_the_allow_list_names_the_gateways_own_address_outside_a_network() -> None:
    found = row(page.seen_addresses(built("ingress-mtls")), "API Management, Basic Istio")
    assert "<gateway-ip>/32 ✓ only you 30-ingress.yaml 35-ingress-address.yaml" in found


def test_the_allow_list_names_the_gateways_subnet_inside_one() -> None:
    found = row(page.seen_addresses(built("vnet-external")), "API Management, Premium")
    assert "10.40.5.0/27 ✓ only you 30-gateway-services.yaml 60-network-policies.yaml" in found


def test_a_tier_without_a_fixed_address_lets_other_tenants_in() -> None:
    made = designed()
    setting = Setting(
        workload=made.workload,
        mapping=made.mapping,
        tier=tier("Basic v2"),
        controller=controller("none"),
    )
    one = artefacts(placed(setting, option("public-services"), True))
    assert "AzureCloud.westeurope ✗ other tenants too" in words(page.seen_addresses(one))


def test_an_integrated_gateway_is_seen_by_its_subnet_with_a_mark_of_doubt() -> None:
    text = words(page.seen_addresses(built("v2-integration")))
    assert "an address of the integration subnet [unverified] 10.40.5.0/24" in text


def test_every_load_balancer_has_name_and_address() -> None:
    text = words(page.planned_addresses(built("vnet-internal")))
    assert "customers.orders.contoso-orders.internal 10.40.4.4 snet-ingress" in text


# What breaks.


def ids(placement: Placement) -> set[str]:
    return {f.id for f in concerned(placement)}


def test_the_only_way_in_is_said_where_there_is_one() -> None:
    assert "controller-ingress" in ids(designed().placement("ingress-mtls"))
    assert "controller-ingress" not in ids(designed().placement("vnet-external"))
    assert "controller-ingress" in ids(meshed().drawn)


def test_zones_depend_on_the_tier() -> None:
    assert "zone-gateway-single" in ids(designed().placement("ingress-mtls"))
    assert "zone-gateway-spread" in ids(designed().placement("vnet-external"))


def test_certificates_break_only_where_there_are_some() -> None:
    assert {"cert-client", "cert-authority"} <= ids(designed().placement("ingress-mtls"))
    assert not {i for i in ids(designed().placement("v2-integration")) if i.startswith("cert")}
    edged = {i for i in ids(designed().placement("vnet-internal")) if i.startswith("cert")}
    assert edged == {"cert-edge"}


def test_every_way_names_what_breaks_without_the_gateway() -> None:
    for placement in designed().placements:
        own = placement.topology.self_hosted is not None
        assert ("hosted-broken" if own else "gateway-broken") in ids(placement)


def everywhere() -> set[str]:
    asked: list[Workload] = [
        scenario.shop(),
        scenario.shop(requirements=Requirements(service_mesh=True)),
        scenario.shop(requirements=Requirements(private_gateway=True)),
        scenario.shop(
            requirements=Requirements(private_gateway=True), consumers=(Consumer.SAME_VNET,)
        ),
    ]
    seen: set[str] = set()
    for made in map(design, asked):
        for one in OPTIONS:
            stands = made.placement(one.id)
            for t in (t for t in tiers() if not refusal(stands.option, t)):
                setting = Setting(
                    workload=made.workload,
                    mapping=made.mapping,
                    tier=t,
                    controller=stands.controller,
                    choices=stands.choices,
                )
                seen |= ids(placed(setting, one, True))
    return seen


def test_every_row_of_failures_concerns_somebody() -> None:
    with (facts.ROOT / "data" / "failures.csv").open(encoding="utf-8", newline="") as file:
        assert {r["id"] for r in csv.DictReader(file)} == everywhere()


def test_failures_name_kinds_modes_and_features_that_exist() -> None:
    kinds = {k.kind for k in facts.component_rows()} | {"self-hosted-gateway"}
    modes = {m.id for m in facts.network_modes()}
    for f in facts.failures():
        assert set(f.kinds) <= kinds and set(f.modes) <= modes, f.id
        assert set(f.certificates) <= {"server", "client", "authority"}, f.id
        for feature in filter(None, (f.needs, f.lacks)):
            assert facts.feature(feature), f.id
    with pytest.raises(InputError, match="file of manifests 'x' is unknown"):
        facts.manifest_file("x")
