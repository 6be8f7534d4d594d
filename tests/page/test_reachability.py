"""The page and the file that say who reaches which Service: the same answers as the proofs."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import pytest

from apim_aks import page
from apim_aks.decision.as_json import as_json
from apim_aks.decision.claimed import claims
from apim_aks.decision.design import Design, Placement
from apim_aks.decision.design import design as of_each
from apim_aks.decision.proved import Proved, Told
from apim_aks.decision.reached import (
    PortReached,
    Reached,
    _listed,
    named_sources,
    reached,
    reached_data,
)
from apim_aks.facts.reach_assumptions import reach_assumptions
from apim_aks.options import OPTIONS
from apim_aks.page.counterexamples import counterexample_picture, counterexamples, paths
from apim_aks.page.tables.reach_matrix import reach_matrix
from apim_aks.page.tables.reach_reasons import HEADS, of_zone, reasons_of, zones_said
from apim_aks.reachability.proof import prove
from apim_aks.reachability.reach import Answer
from apim_aks.reachability.verdicts import NODES, Packet
from apim_aks.reachability.zones import Zone
from apim_aks.topology import Reach
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Pin
from tests.support.designs import bundled

ORDERS, RETAIL = "contoso-orders", "contoso-retail"
STATES = range(1 + len(OPTIONS))


class Matrix(HTMLParser):
    """The rows of a matrix by their port, each cell by its column: words and where they lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: dict[str, dict[str, tuple[str, str]]] = {}
        self.ids: dict[str, str] = {}
        self._row, self._column, self._id, self._to = "", "", "", ""
        self._inside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._inside.append(tag)
        if tag == "summary":
            self._row = ""
        if tag == "td":
            self._column = given["data-label"]
        if tag == "a":
            self._to = given["href"]
        if "id" in given:
            self._id = given["id"]

    def handle_data(self, data: str) -> None:
        if "summary" in self._inside:
            self._row += data
        elif self._inside[-1:] == ["a"] and "td" in self._inside:
            self.rows.setdefault(self._row, {})[self._column] = (data, self._to.removeprefix("#"))
        elif self._inside[-1:] == ["strong"] and self._id:
            self.ids.setdefault(self._id, data)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            del self._inside[len(self._inside) - 1 - self._inside[::-1].index(tag) :]
        if tag == "td":
            self._column = ""


def option(name: str, id: str) -> Reached:
    return next(state for state in reached(bundled(name)) if state.id == id)


def port(state: Reached, service: str) -> PortReached:
    return next(p for p in state.ports if p.service == service)


@pytest.mark.parametrize("at", STATES)
def test_each_cell_says_the_verdict_and_leads_to_its_reasons(at: int) -> None:
    state = reached(bundled(ORDERS))[at]
    text = reach_matrix(state, "v").text
    found = Matrix(text)
    assert len(found.rows) == len(state.ports)
    for one in state.ports:
        cells = found.rows[one.service + one.port]
        for zone in HEADS:
            verdict = of_zone(one, zone)
            column = next((c for c in cells if HEADS[zone].lower() in c.lower()), "")
            if not column:
                once = text[: text.index("<table")]
                assert HEADS[zone].lower() in once.lower()
                assert verdict.answer.value in once
                continue
            words, place = cells[column]
            assert words.split()[-1] == verdict.answer.value
            row = place.rpartition("-")[0]
            heads = [h for id, h in found.ids.items() if id.startswith(f"{row}-")]
            own = next(h for h in heads if HEADS[zone].lower() in h.lower())
            assert own.endswith(verdict.answer.value)
            led, named = found.ids[place].lower(), column.lower()
            assert any(h in led and h in named for h in map(str.lower, HEADS.values()))
        assert cells["Pods"][1] in found.ids


@pytest.mark.parametrize("name", [ORDERS, RETAIL])
def test_workloads_of_one_answer_stand_together_and_none_is_lost(name: str) -> None:
    design = bundled(name)
    proofs = [design.proofs.today, *(p.proved.proof for p in design.placements)]
    for state, proof in zip(reached(design), proofs, strict=True):
        assert proof
        single = {(v.service, v.port, v.source): v.answer for v in proof.verdicts}
        together = {
            (p.service, p.port, source): t.verdict.answer
            for p in state.ports
            for t in p.inside
            for source in t.sources
        }
        zones = {(v.service, v.port, v.source): v.answer for p in state.ports for v in p.zones}
        assert {**together, **zones} == {k: a for k, a in single.items() if k[2] != NODES}
        assert sum(len(p.inside) for p in state.ports) < max(len(together), 1)


@cache
@cache
def before_it_is_narrowed() -> Design:
    """The bundled example with the reader's policy of payments as it stands in the input.

    The Services have addresses and ports of the nodes: without those nothing leads to them.
    """
    ids = ("vnet-external", "vnet-internal", "v2-integration", "v2-injection")
    pins = tuple((id, Pin(entry="per-service")) for id in ids)
    design = of_each(replace(read_workload(RETAIL), pins=pins))
    own = {p.id: p for p in design.proofs.today.site.scene.policies}

    def with_own(placement: Placement) -> Placement:
        assert placement.proved.proof
        site = placement.proved.proof.site
        policies = tuple(own.get(p.id, p) for p in site.scene.policies)
        facings = tuple(replace(f, node_ports=True) for f in site.scene.facings)
        scene = replace(site.scene, policies=policies, facings=facings)
        return replace(placement, proved=Proved.known(Told(prove(replace(site, scene=scene)))))

    return replace(design, placements=tuple(map(with_own, design.placements)))


def test_the_policy_of_payments_lets_the_network_in_and_the_picture_shows_it() -> None:
    """The port and the line that opened the bundled example until the policy was narrowed."""
    assert counterexamples(option(RETAIL, "vnet-external")) == ()
    states = {state.id: state for state in reached(before_it_is_narrowed())}
    for id in ("vnet-external", "vnet-internal", "v2-integration", "v2-injection"):
        state = states[id]
        found, ours = counterexamples(state)
        assert (found.port.service, found.zone) == ("payments/payments", Zone.NETWORK)
        assert ours.port.service == "payments/payments-gateway"
        (sentence,) = paths([found])
        assert "manifests/payments.yaml line 122" in sentence
        assert "to any node, TCP 30000" in sentence
        assert state.placement
        drawn = counterexample_picture(state.placement, [found])
        assert "<desc id=" in drawn.svg and sentence in drawn.alt
        assert "One path leads around the gateway, to the Service payments." in drawn.alt
        assert "Anyone in" in drawn.svg and "TCP 30000" in drawn.svg


def test_a_certificate_that_is_asked_for_stands_beside_what_is_open() -> None:
    state = option(RETAIL, "ingress-mtls")
    assert counterexamples(state) == ()
    guarded = [p for p in state.ports if p.claim and p.claim.asked]
    text = reach_matrix(state, "v").text
    assert text.count("<small>certificate asked for</small>") == 2 * len(guarded)
    assert text.count("still asked for: a client certificate") >= len(guarded)


def test_a_certificate_that_is_drawn_and_not_asked_for_is_open_beside_the_design() -> None:
    state = option(RETAIL, "ingress-mtls")
    bare = tuple(
        replace(p, zones=tuple(replace(v, credential="") for v in p.zones)) for p in state.ports
    )
    found = counterexamples(replace(state, ports=bare))
    assert {(f.target, f.zone) for f in found} == {("ingress", Zone.NETWORK)}
    (sentence,) = paths(found)
    assert f"{len(found)} ports" in sentence
    assert "The certificate that is drawn is not asked for." in sentence
    wider = tuple(
        replace(p, zones=tuple(replace(v, source=Zone.INTERNET) for v in p.zones))
        for p in state.ports
        if p.claim and p.claim.asked
    )
    first, *_ = counterexamples(replace(state, ports=wider))
    assert "It still asks for a client certificate" in paths([first])[0]


def test_what_is_drawn_is_claimed_of_services_and_of_what_is_put_before_them() -> None:
    found = claims(bundled(RETAIL).placement("public-services"))
    check = found["shop/catalog-token-check"]
    assert (check.reach, check.asked) == (Reach.NETWORK, False)
    assert found["shop/catalog"].reach is Reach.CLUSTER
    inside = claims(bundled(RETAIL).placement("ingress-mtls"))["shop/catalog"]
    assert (inside.entrance, inside.reach) == ("ingress", Reach.NETWORK)
    assert "data/redis" not in found


def test_open_to_a_zone_that_the_drawing_keeps_out_is_seen_whatever_the_protocol() -> None:
    state = option(ORDERS, "vnet-external")
    assert counterexamples(state) == ()
    first = state.ports[0]
    packet = Packet(source="203.0.113.4", destination="a", protocol="UDP", port=53)
    opened = tuple(
        replace(v, answer=Answer.OPEN, packet=packet, because=("nothing closes it",))
        if v.source in (Zone.INTERNET, Zone.PEERED, Zone.GATEWAY)
        else v
        for v in first.zones
    )
    wrong = replace(state, ports=(replace(first, zones=opened), *state.ports[1:]))
    (found,) = counterexamples(wrong)
    assert found.zone is Zone.INTERNET
    assert wrong.placement
    assert "UDP 53" in counterexample_picture(wrong.placement, [found]).svg
    text = reach_matrix(wrong, "v").text
    assert "The internet and peered networks" in text
    assert text.count("<small>not drawn</small>") == 1
    assert '<a class="state fail"' in text


def test_a_gateway_that_is_shut_out_is_no_green_cell() -> None:
    state = option(ORDERS, "vnet-external")
    first = state.ports[0]
    shut = tuple(
        replace(v, answer=Answer.CLOSED, packet=None) if v.source == Zone.GATEWAY else v
        for v in first.zones
    )
    text = reach_matrix(replace(state, ports=(replace(first, zones=shut),)), "v").text
    assert "✗ closed</a><small>though drawn open</small>" in text


def test_every_reason_is_said_or_said_to_be_as_another() -> None:
    """Nothing that decides is lost where the same is not said twice."""
    for state in reached(bundled(ORDERS)):
        for one in state.ports:
            every = {part for r in reasons_of(one, HEADS) for s in r.said for part in s.split(": ")}
            for verdict in (*one.zones, *(t.verdict for t in one.inside)):
                for reason in verdict.because:
                    assert reason.split(": ")[-1].replace(*_called(one)) in every


def _called(one: PortReached) -> tuple[str, str]:
    return f"Service {one.service} ({one.place})", "this Service"


@pytest.mark.parametrize("name", [ORDERS, RETAIL])
def test_the_page_is_self_contained_small_and_says_what_it_rests_on(name: str) -> None:
    text = page.reachability(bundled(name))
    assert len(text.encode()) < 82_000 * len(OPTIONS)
    assert "<script src" not in text
    assert not re.search(r'(?:src|href)="(?:https?:)?//(?!learn|github)[^"]*\.(?:css|js|png)', text)
    ids = re.findall(r' id="([^"]*)"', text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]*)"', text)) <= set(ids)
    for assumption in reach_assumptions():
        assert f">{assumption.id}</th>" in text
    assert ("NetworkPolicy payments (manifests/payments.yaml" in text) == (name == RETAIL)
    assert "Assumed: every network policy is enforced as its text says" in text
    for placement in bundled(name).placements:
        assert f'<h2 id="{placement.option.id}">' in text
    assert len(re.findall(r"<summary>The picture in words</summary>", text)) == sum(
        bool(counterexamples(s)) for s in reached(bundled(name))
    )


def test_what_most_workloads_have_takes_no_list_of_its_own_for_each_service() -> None:
    workloads = tuple(f"shop/w{n}[Deployment]" for n in range(60))
    sets = [tuple(w for w in workloads if w != own) for own in workloads]
    names = {those: f"{{workloads-{n}}}" for n, those in enumerate((*sets, workloads[:2]))}
    listed = {"workloads": workloads, **_listed(workloads, names)}
    assert {those: n for n, those in named_sources(listed).items()} == names
    assert sum(len(v) for v in listed["all_but"].values()) == len(workloads)
    assert listed["sources"] == {"{workloads-60}": [*workloads[:2]]}
    first_version = {"sources": {name: [*those] for those, name in names.items()}}
    assert {those: n for n, those in named_sources(first_version).items()} == names


def test_json_has_every_verdict_with_its_sources_and_the_same_bytes() -> None:
    design = bundled(RETAIL)
    data = reached_data(design)
    assert as_json(reached_data(design)) == as_json(data) == as_json(json.loads(as_json(data)))
    assert [s["state"] for s in data["states"]] == [
        "today",
        *(p.option.id for p in design.placements),
    ]
    assert [a["id"] for a in data["assumptions"]] == [f"A{n}" for n in range(1, 10)]
    for state in data["states"]:
        for verdict in state["verdicts"]:
            assert verdict["because"]
            assert (verdict["packet"] is None) == (verdict["answer"] != "open")
            if verdict["source"].startswith("{workloads-"):
                assert len(named_sources(state)[verdict["source"]]) > 1
    for state, found in zip(data["states"], reached(design), strict=True):
        together = {t.sources for p in found.ports for t in p.inside if len(t.sources) > 1}
        assert {frozenset(s) for s in named_sources(state).values()} == set(
            map(frozenset, together)
        )
    before = reached_data(before_it_is_narrowed())
    external = before["states"][3]
    found = [
        v
        for v in external["verdicts"]
        if (v["service"], v["source"]) == ("payments/payments", "{network}")
    ]
    assert [(v["answer"], v["claimed"]) for v in found] == [("open", False)]


def test_every_option_leads_to_its_place_on_the_page() -> None:
    design = bundled(ORDERS)
    for placement in design.placements:
        link = f'href="reachability.html#{placement.option.id}"'
        assert link in page.reached_table(design, placement).text


def test_zones_together_read_as_one() -> None:
    assert zones_said((Zone.INTERNET, Zone.REGION)) == "The internet and the Azure region"
    assert zones_said((Zone.NETWORK, Zone.PEERED, Zone.ON_PREMISES)) == (
        "The virtual network, peered networks and on premises"
    )


def test_a_long_matrix_begins_with_what_is_open_and_says_how_much_is_left() -> None:
    state = option(ORDERS, "ingress-mtls")
    shut = option(ORDERS, "vnet-external").ports[0]
    many = (*(replace(shut, service=f"shop/s{n}") for n in range(200)), state.ports[0])
    text = reach_matrix(replace(state, ports=many), "v").text
    assert text.count('<th scope="row"') == 80
    assert "121 more are in <code>reachability.json</code>" in text
    assert state.ports[0].service in text
