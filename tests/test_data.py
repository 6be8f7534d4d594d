"""The rows of data/: sourced, dated, complete, and true to the facts they were taken from."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import fields
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from apim_aks import facts
from apim_aks.facts.choices import choice_rows, choice_values
from apim_aks.facts.edge import edge_defaults
from apim_aks.facts.front_door import front_door_defaults
from apim_aks.options import OPTIONS
from apim_aks.options.choices import CHOSEN
from apim_aks.remote.azure import Timing
from apim_aks.topology import Kind
from apim_aks.workload.model import Requirements
from tests.support.places import CORPORA, REPOSITORY

DATA = facts.ROOT / "data"
TABLES = sorted(DATA.glob("*.csv"))
FACTS = CORPORA.parent / "facts"
needs_facts = pytest.mark.skipif(not FACTS.is_dir(), reason=f"{FACTS} is not there")

HOSTS = {"learn.microsoft.com", "docs.azure.cn", "github.com", "kubernetes.dev"}
STATUSES = {"verified", "unverified", "conflict", "secondary", "judgement", "not priced"}
CONTROLLER_STATUSES = {"supported", "superseded", "retiring", "retired", "self-run"}
NOTEBOOKS = {p.stem for p in (REPOSITORY / "notebooks").glob("*.ipynb")}
CLAIMS = [
    "B1",
    "B2",
    "B3",
    "B4",
    "B5",
    "K1",
    "K2",
    "K3",
    "K4",
    "D1",
    "P1",
    "P2",
    "P3",
    "P+1",
    "P+2",
    "P-1",
    "P-2",
    "P-3",
    "I1",
    "I2",
    "I3",
    "I+1",
    "I+2",
    "I+3",
    "I-1",
    "I-2",
    "S1",
    "S2",
    "V1",
    "V2",
    "V3",
    "V4",
    "V5",
    "V+1",
    "V+2",
    "V+3",
    "V+4",
    "V-1",
]
WHEN = [
    "always",
    "address-fixed",
    "address-not-fixed",
    "backend",
    "connectors",
    "entra-id",
    "event-hub",
    "external-cache",
    "front-door",
    "health-reports",
    "inbound-deny",
    "multi-region",
    "other-issuer",
    "own-security-group",
    "plain-http",
    "private-listener",
    "public-listener",
    "quotas",
    "restrict-outbound",
    "several-machines",
]
MODES = {
    ("external", "classic (Developer/Premium)"): "external",
    ("internal", "classic (Developer/Premium)"): "internal",
    ("internal", "Premium v2 (injection)"): "injection-v2",
    ("internal", "workspace gateway (injection)"): "workspace-injection",
    ("integration", "Standard v2 / Premium v2"): "integration",
    ("integration", "workspace gateway (integration)"): "workspace-integration",
    ("option2-allowlist", "AKS node subnet (classic APIM dedicated IP)"): "allow-list",
    ("option2-allowlist", "AKS node subnet (v2 or Consumption APIM)"): "allow-list",
    ("aks", "AKS custom VNet"): "cluster",
}


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(params=TABLES, ids=lambda p: p.name)
def rows(request: pytest.FixtureRequest) -> list[dict[str, str]]:
    found = table(request.param)
    assert found, "a table without rows"
    return found


def test_every_row_has_a_source_and_a_date(rows: list[dict[str, str]]) -> None:
    for row in rows:
        assert row["source"].strip(), row
        assert date.fromisoformat(row["checked_on"]) >= date(2026, 11, 1), row


def test_every_address_is_on_a_known_host(rows: list[dict[str, str]]) -> None:
    found = {h for row in rows for h in re.findall(r"https?://([^/\s;]+)", row["source"])}
    assert found <= HOSTS
    assert not any("http://" in row["source"] for row in rows)


def test_no_source_ends_in_a_markdown_file_of_the_documentation(rows: list[dict[str, str]]) -> None:
    for row in rows:
        assert not re.search(r"learn\.microsoft\.com\S*\.md", row["source"]), row["source"]


def test_ids_are_unique(rows: list[dict[str, str]]) -> None:
    if "id" in rows[0]:
        ids = Counter(row["id"] for row in rows)
        assert [i for i, n in ids.items() if n > 1] == []


def test_statuses_come_from_the_set(request: pytest.FixtureRequest) -> None:
    for path in TABLES:
        known = CONTROLLER_STATUSES if path.name == "ingress_controllers.csv" else STATUSES
        assert {r["status"] for r in table(path) if "status" in r} <= known, path.name


def test_no_row_has_stray_spaces_or_line_breaks(rows: list[dict[str, str]]) -> None:
    for row in rows:
        for column, cell in row.items():
            assert cell == cell.strip() and "\n" not in cell and "  " not in cell, (column, cell)


def test_general_knowledge_is_never_called_verified() -> None:
    for path in TABLES:
        for row in table(path):
            if "general knowledge" in row["source"] and "status" in row:
                assert row["status"] != "verified", (path.name, row)


def test_every_table_is_described() -> None:
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    assert [p.name for p in TABLES if p.name not in readme] == []


def test_every_combination_of_choices_has_exactly_one_row() -> None:
    named = {(v.choice, v.id) for v in choice_values()}
    values = [[id for choice, id in sorted(named) if choice == c] for c in CHOSEN]
    combined = Counter(
        combination
        for row in choice_rows()
        for combination in product(row.options, row.edges, row.inbounds, row.entries)
    )
    options = dict.fromkeys(o for row in choice_rows() for o in row.options)
    assert set(options) == {o.id for o in OPTIONS if o.id != "toy"}
    assert combined == Counter(dict.fromkeys(product(options, *values), 1))
    features = {f.feature for f in facts.tier("Premium").rows}
    wanted = {f.name for f in fields(Requirements)} | {"internet"}
    for row in choice_rows():
        assert set(row.needs) <= features and set(row.promises) <= wanted
        assert not (row.standing == "refused" and (row.needs or row.promises))


def test_every_trigger_is_described() -> None:
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    used = {r.when for r in facts.rows.read_rows(DATA / "network_rules.csv", facts.RuleRow)}
    assert used <= set(WHEN)
    assert [w for w in WHEN if f"`{w}`" not in readme] == []


SETTINGS = (
    facts.azure_facts,
    facts.arm_defaults,
    edge_defaults,
    front_door_defaults,
    facts.manifest_defaults,
    Timing,
)


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: s.__name__)
def test_every_setting_can_be_read_and_is_used(settings: Callable[[], Any]) -> None:
    files = (Path(facts.__file__).parents[1]).rglob("*.py")
    used = {n for f in files for n in re.findall(r"\.(\w+)", f.read_text(encoding="utf-8"))}
    assert [f.name for f in fields(settings()) if f.name not in used] == []


def test_every_criterion_has_a_scale_and_a_reason() -> None:
    for c in facts.criteria():
        worst = c.worst_for(services=20, operations=100)
        assert (worst > c.best) == (c.direction == "lower"), c.id
        assert c.definition and c.because and c.unit, c.id


def test_scales_hold_from_one_service_to_five_hundred() -> None:
    for c in facts.criteria():
        for services, operations in ((1, 1), (3, 9), (500, 5000)):
            assert c.worst_for(services, operations) != c.best, c.id


def test_shares_sum_to_one_on_each_axis() -> None:
    shares: dict[str, float] = defaultdict(float)
    for c in facts.criteria():
        shares[c.axis] += c.share
    assert set(shares) == {a.id for a in facts.axes()}
    wrong = {axis: round(s, 9) for axis, s in shares.items() if abs(s - 1) >= 1e-9}
    assert wrong == {}, "data/criteria.csv: the shares of these axes do not sum to 1"


def test_presets_weigh_every_axis_and_sum_to_one() -> None:
    for preset in facts.presets():
        assert [a for a, _ in preset.weights] == [a.id for a in facts.axes()], preset.id
        assert abs(sum(w for _, w in preset.weights) - 1) < 1e-9, preset.id


def test_every_claim_is_a_row() -> None:
    assert [c.id for c in facts.claims()] == CLAIMS


def test_claims_and_corrections_name_notebooks_that_exist() -> None:
    for row in (*facts.claims(), *facts.corrections()):
        where = row.where if isinstance(row, facts.Claim) else row.notebooks
        assert where and set(where) <= NOTEBOOKS, row


def test_every_gain_and_cost_is_shown_in_the_decision() -> None:
    for claim in facts.claims():
        if re.search("[+-]", claim.id):
            assert "06_decision" in claim.where, claim.id


def test_corrections_are_the_twenty_and_touch_known_claims() -> None:
    assert [c.number for c in facts.corrections()] == list(range(1, 21))
    for correction in facts.corrections():
        assert correction.claims and set(correction.claims) <= set(CLAIMS), correction.number


def test_a_claim_that_has_aged_says_what_holds_today() -> None:
    aged = {c.id for c in facts.claims() if c.today}
    assert {"P1", "I2", "I3", "V2", "V3", "V4", "V5", "S1", "B2", "D1"} <= aged
    assert [c.id for c in facts.claims() if bool(c.today) != bool(c.since)] == []


def test_every_requirement_is_a_question() -> None:
    fields = {"consumers", "region", "egress", *Requirements.__dataclass_fields__}
    assert {r.id for r in facts.requirement_rows()} == fields


def test_every_question_has_words_and_follows_what_it_hangs_on() -> None:
    ids: list[str] = []
    for row in facts.question_rows():
        own = (row.label, row.question, row.meaning)
        assert all(own) if any(own) else facts.requirement_row(row.id)
        assert not row.when or row.when.partition("=")[0] in ids
        ids.append(row.id)


def test_every_component_kind_has_an_owner() -> None:
    assert {r.kind for r in facts.component_rows()} == {k.value for k in Kind}


def test_every_tier_has_every_feature() -> None:
    features = {r.feature for t in facts.tiers() for r in t.rows}
    for tier in facts.tiers():
        found = Counter(r.feature for r in tier.rows)
        assert set(found) == features, tier.name
        assert set(found.values()) == {1}, tier.name


def test_a_network_mode_needs_a_feature_that_some_tier_has() -> None:
    for mode in facts.network_modes():
        if mode.needs:
            assert any(t.has(mode.needs) for t in facts.tiers()), mode.id


def test_priorities_are_unique_in_each_direction() -> None:
    for mode in facts.network_modes():
        used = Counter((r.direction, r.priority) for r in facts.network_rules(mode.id))
        assert [p for p, n in used.items() if n > 1] == [], mode.id


def test_a_denial_stands_below_every_allow() -> None:
    for mode in facts.network_modes():
        rules = facts.network_rules(mode.id)
        for deny in (r for r in rules if r.access == "Deny"):
            allows = [r.priority for r in rules if r.access == "Allow"]
            assert all(p is not None and p < (deny.priority or 0) for p in allows), deny.id


def test_one_controller_is_the_default_and_it_is_documented() -> None:
    default = [c for c in facts.controllers() if c.generated == "default"]
    assert [(c.id, c.mtls, c.status) for c in default] == [
        ("istio-classic", "documented", "supported")
    ]


def test_a_controller_with_manifests_has_its_rows() -> None:
    """Only what is left to the Services themselves needs none."""
    ours = {c.id for c in facts.controllers() if c.generated != "no"} - {"none"}
    tables = {
        "ingress_gateways.csv": {g.controller for g in facts.ingress_gateways()},
        "arm_controllers.csv": {a.id for a in facts.controller_add_ons()},
    }
    for name, rows in tables.items():
        assert ours - rows == set(), f"without a row in data/{name}"
        assert rows - ours == set(), f"in data/{name}, and not generated in ingress_controllers.csv"


def test_an_ingress_lists_what_it_consists_of() -> None:
    for api in {g.api for g in facts.ingress_gateways()}:
        scopes = {o.one_for for o in facts.ingress_objects(api)}
        assert {"ingress", "service"} <= scopes, (
            f"{api}: a row for each in data/ingress_objects.csv"
        )


def test_controllers_that_use_the_portable_field_need_aks_1_36() -> None:
    for c in facts.controllers():
        assert c.minimum_kubernetes == ("1.36" if "-gateway-api" in c.id else ""), c.id


@needs_facts
def test_every_required_rule_of_the_facts_is_a_row() -> None:
    missing = []
    for row in table(FACTS / "nsg_rules.csv"):
        if not row["required"].startswith("yes"):
            continue
        mode = MODES[row["mode"], row["tier_family"]]
        if mode in V2 and row["dest_port"] == "443" and row["dest_prefix"] == "Storage":
            continue  # the table of 2026 has the vault in its place
        ports = {(r.direction, r.port, r.protocol) for r in facts.network_rules(mode) if r.required}
        directions = ["Inbound", "Outbound"] if row["direction"] == "Both" else [row["direction"]]
        missing += [
            (mode, d, row["dest_port"])
            for d in directions
            if (d, row["dest_port"], row["protocol"]) not in ports
        ]
    assert missing == []


V2 = {"integration", "injection-v2"}
NEWER = {"v2-injection": "injection-v2"}
"""A mode of the table of 2026 that is called otherwise here."""
MACHINES = {"6381-6383", "4290"}


@needs_facts
@pytest.mark.parametrize("mode", ["integration", "v2-injection", "external", "internal"])
def test_rules_of_2026_are_rows(mode: str) -> None:
    """Those of what is drawn: the vault first on v2, and what the machines of one unit share."""
    ours = {
        (r.direction, r.destination_prefix, r.port, r.protocol): r
        for r in facts.network_rules(NEWER.get(mode, mode))
    }
    seen = 0
    for row in table(FACTS / "nsg_rules_2026.csv"):
        tags = row["dest_prefix"] in ("AzureKeyVault", "AzureActiveDirectory", "Storage")
        if row["mode"] == mode and (tags or row["dest_port"] in MACHINES):
            found = ours[row["direction"], row["dest_prefix"], row["dest_port"], row["protocol"]]
            assert found.priority == int(row["priority_suggested"]), row
            assert found.required == (row["required"] == "yes"), row
            assert found.when == "several-machines" or row["dest_port"] not in MACHINES
            seen += 1
    assert seen >= 1


BESIDE = {
    "edge-appgw": "application-gateway",
    "edge-appgw-isolated": "application-gateway-isolated",
    "private-endpoint": "private-endpoint",
    "aks-ingress": "cluster",
    "private-link-service": "private-link-service",
}
"""Places beside the modes, as the table of 2026 calls them and as they are called here."""


@needs_facts
@pytest.mark.parametrize("place", BESIDE)
def test_rules_of_2026_beside_the_modes_are_rows(place: str) -> None:
    ours = {
        (r.direction, r.priority, r.port, r.protocol) for r in facts.network_rules(BESIDE[place])
    }
    theirs = [r for r in table(FACTS / "nsg_rules_2026.csv") if r["mode"] == place]
    assert theirs
    for row in theirs:
        priority = int(row["priority_suggested"])
        assert (row["direction"], priority, row["dest_port"], row["protocol"]) in ours, row


@needs_facts
def test_numbers_of_the_tiers_are_those_of_the_facts() -> None:
    names = {t.name for t in facts.tiers()}
    seen = 0
    for row in table(FACTS / "apim_tiers.csv"):
        if row["tier"] in names and re.fullmatch(r"[\d.]+", row["value"]):
            if row["feature"] == "sla_percent":
                assert facts.tier(row["tier"]).sla == facts.Sla(99.95, 99.95, "verified", "")
                continue
            known = facts.tier(row["tier"]).fact(row["feature"])
            if known.status == "conflict":  # the later sheet has the other figure: the worse counts
                assert known.number is not None and known.number <= float(row["value"]), row
                continue
            assert known.number == float(row["value"]), row
            seen += 1
    assert seen > 50


@needs_facts
def test_yes_and_no_of_the_tiers_are_those_of_the_facts() -> None:
    names = {t.name for t in facts.tiers()}
    differing = []
    for row in table(FACTS / "apim_tiers.csv"):
        word = row["value"].split(" ")[0]
        if row["tier"] in names and word in ("yes", "no") and "global CA" not in row["value"]:
            ours = facts.tier(row["tier"]).has(row["feature"])
            if ours != (word == "yes"):
                differing.append((row["tier"], row["feature"]))
    assert differing == [("Premium v2", "vnet_injection_internal")]


@needs_facts
def test_what_the_facts_call_unverified_stays_so() -> None:
    names = {t.name for t in facts.tiers()}
    for row in table(FACTS / "apim_tiers.csv"):
        marked = "UNVERIFIED" in row["value"] + row["source"]
        if row["tier"] in names and marked and row["feature"] != "sla_percent":
            known = facts.tier(row["tier"]).fact(row["feature"]).status
            assert known in ("unverified", "conflict"), row
    unsure = [t.name for t in facts.tiers() if t.sla and t.sla.status == "unverified"]
    assert unsure == ["Basic v2", "Standard v2", "Premium v2"]


@needs_facts
def test_claim_ids_are_those_of_the_claims_document() -> None:
    text = (FACTS.parent / "CLAIMS.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| ([A-Z][+-]?\d) \|", text, re.M) == CLAIMS
