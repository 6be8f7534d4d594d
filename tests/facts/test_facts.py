"""Reading the rows of data/ and looking them up."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from apim_aks import facts
from apim_aks.errors import InputError
from apim_aks.facts.settings import read_settings

AXIS = "id,label,sentence,source,checked_on\n"
CRITERION = (
    "id,label,unit,axis,share,worst,best,shape,direction,definition,judgement,available,because,"
    "source,checked_on\n"
)


def written(tmp_path: Path, text: str, name: str = "axes.csv") -> Path:
    path = tmp_path / "data" / name
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return path


def criterion(worst: str, share: str = "1", judgement: str = "no") -> str:
    return f"a,A,n,cost,{share},{worst},0,log,lower,d,{judgement},yes,b,s,2026-11-22\n"


def test_root_holds_data() -> None:
    assert (facts.ROOT / "data" / "tiers.csv").is_file()


def test_tiers_are_ordered_by_price() -> None:
    prices = [t.price for t in facts.tiers()]
    assert prices == sorted(prices)
    assert prices == [0, 48.03, 147.17, 150, 686.71, 700, 2795.17, 2800]


@pytest.mark.parametrize("name", ["Standard v2", "StandardV2", "standard V2"])
def test_tier_is_found_as_people_and_arm_write_it(name: str) -> None:
    assert facts.tier(name).arm_name == "StandardV2"


def test_unknown_tier_names_the_choices() -> None:
    with pytest.raises(InputError, match="^tier 'Gold' is unknown; use one of Consumption, .*v2"):
        facts.tier("Gold")


def test_unknown_feature_names_tier_and_choices() -> None:
    with pytest.raises(InputError, match="feature of tier Basic 'cake' is unknown; use one of"):
        facts.tier("Basic").has("cake")


def test_classic_injection_is_developer_and_premium() -> None:
    for feature in ("vnet_injection_external", "vnet_injection_internal"):
        able = [t.name for t in facts.tiers() if t.has(feature)]
        assert able == ["Developer", "Premium"]


def test_each_network_mode_names_the_tiers_that_can() -> None:
    able = {
        m.id: [t.name for t in facts.tiers() if t.has(m.needs)]
        for m in facts.network_modes()
        if m.needs
    }
    assert able == {
        "external": ["Developer", "Premium"],
        "internal": ["Developer", "Premium"],
        "integration": ["Standard v2", "Premium v2"],
        "injection-v2": ["Premium v2"],
    }


def test_only_classic_dedicated_tiers_have_a_fixed_address() -> None:
    fixed = [t.family for t in facts.tiers() if t.has("static_outbound_ip")]
    assert fixed == ["classic"] * 4


def test_developer_promises_nothing() -> None:
    assert facts.tier("Developer").sla is None


def test_sla_of_premium_v2_is_an_unverified_interval() -> None:
    sla = facts.tier("Premium v2").sla
    assert sla is not None
    assert (sla.low, sla.high, sla.status) == (99.95, 99.99, "unverified")


def test_a_feature_without_a_number_has_none() -> None:
    assert facts.tier("Consumption").number("max_scale_units") is None
    assert facts.tier("Basic v2").number("max_scale_units") == 10


def test_premium_v2_is_typed_only_in_a_preview_version() -> None:
    premium = facts.tier("Premium v2")
    assert premium.fact("api_version").value == "2024-05-01"
    assert premium.fact("api_version").status == "unverified"
    assert premium.fact("api_version_preview").value == "2025-09-01-preview"


def test_a_mode_without_a_subnet_has_no_rules() -> None:
    assert facts.network_rules("none") == ()


def test_external_mode_asks_for_its_required_rules() -> None:
    required = {r.id for r in facts.network_rules("external") if r.required}
    assert required == {
        "external.in.3443",
        "external.in.6390",
        "external.in.443",
        "external.out.443-storage",
        "external.out.443-key-vault",
        "external.out.1433-sql",
        "external.out.443-monitor",
        "external.out.80-internet",
    }


def test_internal_mode_has_no_rule_for_the_internet_inbound() -> None:
    for rule in facts.network_rules("internal"):
        assert rule.direction == "Outbound" or rule.source_prefix != "Internet"


def test_more_than_one_machine_opens_the_cache_and_the_counters_both_ways() -> None:
    shared = [r for r in facts.network_rules("external") if r.when == "several-machines"]
    assert {(r.direction, r.protocol, r.port) for r in shared} == {
        (direction, protocol, port)
        for direction in ("Inbound", "Outbound")
        for protocol, port in (("TCP", "6381-6383"), ("UDP", "4290"))
    }


def test_outbound_is_denied_only_on_request() -> None:
    for mode in facts.network_modes():
        for rule in facts.network_rules(mode.id):
            if (rule.direction, rule.access) == ("Outbound", "Deny"):
                assert rule.when == "restrict-outbound"


@pytest.mark.parametrize(
    ("look_up", "what"),
    [
        (facts.network_mode, "network mode"),
        (facts.network_rules, "network mode"),
        (facts.controller, "ingress controller"),
        (facts.component_row, "component kind"),
        (facts.certificate_kind, "certificate"),
        (facts.criterion, "criterion"),
        (facts.axis, "axis"),
        (facts.preset, "preset"),
        (facts.requirement_row, "requirement"),
        (facts.claim, "claim"),
    ],
)
def test_unknown_name_is_one_sentence_with_choices(look_up: object, what: str) -> None:
    assert callable(look_up)
    with pytest.raises(InputError, match=f"^{what} 'nothing' is unknown; use one of ."):
        look_up("nothing")


def test_worst_anchor_grows_with_the_workload() -> None:
    assert facts.criterion("public-endpoints").worst_for(services=16, operations=90) == 16
    assert facts.criterion("blast-radius").worst_for(services=16, operations=90) == 90
    assert facts.criterion("around-the-gateway").worst_for(services=16, operations=90) == 3


def test_presets_start_with_the_balanced_one() -> None:
    assert facts.presets()[0].id == "balanced"
    assert dict(facts.preset("cost-first").weights)["cost"] == 0.5


def test_allow_list_of_a_v2_tier_is_shared_with_other_tenants() -> None:
    shared = [r.allow_list for r in facts.ip_visibility() if not r.exclusive]
    assert shared == ["AzureCloud.<region>"]


def test_retirements_come_in_order() -> None:
    days = [r.ends_on for r in facts.retirements()]
    assert days == sorted(days)


def test_ends_of_versions_are_said_with_their_doubt() -> None:
    assert facts.kubernetes_end("1.34.2") == "ends in 2026-11 (unverified)"
    assert "not in data/retirements.csv" in facts.kubernetes_end("1.99")
    assert facts.revision_end("asm-1-30") == "ends in 2026-12 (unverified)"


def test_only_some_plugins_make_pods_reachable() -> None:
    assert facts.network_plugins()[0].id == "overlay"
    assert not facts.network_plugins()[0].pods_reachable


def test_api_version_of_a_resource_type_is_a_row() -> None:
    versions = {v.type: v.version for v in facts.api_versions()}
    assert versions["Microsoft.ApiManagement/service"] == "2024-05-01"
    assert versions["Microsoft.ContainerService/managedClusters"] == "2026-05-01"


def test_every_reader_returns_rows() -> None:
    for read in (facts.concerns, facts.api_lifecycle, facts.open_questions, facts.service_roles):
        assert read()
    assert len(facts.concerns()) == 6
    assert len(facts.corrections()) == 20


def test_rows_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        facts.axes()[0].label = "other"  # type: ignore[misc]


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="axes.csv is missing. It must be a CSV file of Axis rows"):
        facts.read_rows(tmp_path / "axes.csv", facts.Axis)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("cost,,s,x,2026-11-22", "line 2: label is empty. It must be text."),
        ("cost,C,s,,2026-11-22", "line 2: source is empty. It must be text."),
        ("price,C,s,x,2026-11-22", "line 2: id 'price' is not valid. It must be one of security, "),
        (
            "cost,C,s,x,22.11.2026",
            "line 2: checked_on '22.11.2026' is not valid. It must be a date",
        ),
        ("cost,C,s,x,2026-02-30", "line 2: checked_on '2026-02-30' is not valid"),
        ("cost,C,s,x", "line 2: the number of cells is not 5."),
        ("cost,C,s,x,2026-11-22,more", "line 2: the number of cells is not 5."),
        ('cost,"C,s,x,2026-11-22', "line 2 cannot be read (unexpected end of data)"),
    ],
)
def test_bad_row_is_refused_by_file_and_line(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(InputError, match=f"^data/axes.csv {re.escape(message)}"):
        facts.read_rows(written(tmp_path, f"{AXIS}{row}\n"), facts.Axis)


@pytest.mark.parametrize(
    ("worst", "changed", "message"),
    [
        ("1", {"share": "half"}, "line 2: share 'half' is not valid. It must be a number"),
        ("pods", {}, "must be a number or one of services, operations"),
        ("1", {"judgement": "maybe"}, "judgement 'maybe' is not valid. It must be yes or no"),
        ("nan", {}, "worst 'nan' is not valid"),
    ],
)
def test_a_bad_cell_says_what_it_may_be(
    tmp_path: Path, worst: str, changed: dict[str, str], message: str
) -> None:
    path = written(tmp_path, CRITERION + criterion(worst, **changed), "criteria.csv")
    with pytest.raises(InputError, match=message):
        facts.read_rows(path, facts.Criterion)


def test_differing_columns_are_named(tmp_path: Path) -> None:
    path = written(tmp_path, "id,label,sentense,source,checked_on\n")
    with pytest.raises(InputError, match="line 1: the columns differ in sentence, sentense"):
        facts.read_rows(path, facts.Axis)


SETTINGS = {
    "azure_settings.csv": facts.AzureFacts,
    "arm_settings.csv": facts.ArmDefaults,
    "manifest_settings.csv": facts.ManifestDefaults,
}


def lines_of(name: str) -> list[str]:
    return (facts.ROOT / "data" / name).read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_without_its_row_is_named(tmp_path: Path, name: str) -> None:
    head, *rows = lines_of(name)
    for missing in rows:
        id = missing.partition(",")[0]
        text = "\n".join((head, *(r for r in rows if r != missing)))
        path = written(tmp_path / id, text, name)
        with pytest.raises(
            InputError, match=f"^data/{name}: the rows differ in {id}. They must be"
        ):
            read_settings(path, SETTINGS[name])


def test_a_row_that_no_setting_has_or_that_is_there_twice_is_named(tmp_path: Path) -> None:
    head, *rows = lines_of("azure_settings.csv")
    other = rows[0].replace("cluster-audience", "cluster-adience")
    for extra, said in ((other, "cluster-adience"), (rows[0], "a repeated row")):
        path = written(tmp_path / said, "\n".join((head, *rows, extra)), "azure_settings.csv")
        with pytest.raises(InputError, match=f"rows differ in {said}. They must be"):
            read_settings(path, facts.AzureFacts)


@pytest.mark.parametrize(
    ("name", "id", "given", "wanted"),
    [
        ("azure_settings.csv", "certificate-days", "three", "a whole number"),
        ("azure_settings.csv", "public-ports", "80;https", "whole numbers separated by ;"),
        ("arm_settings.csv", "nodes-disk", "128GB", "a whole number"),
        ("manifest_settings.csv", "token-check-replicas", "2.5", "a whole number"),
    ],
)
def test_a_setting_of_another_type_is_named(
    tmp_path: Path, name: str, id: str, given: str, wanted: str
) -> None:
    head, *rows = csv.reader(lines_of(name))
    place = head.index("value")
    changed = [[*r[:place], given, *r[place + 1 :]] if r[0] == id else r for r in rows]
    text = io.StringIO()
    csv.writer(text).writerows((head, *changed))
    path = written(tmp_path, text.getvalue(), name)
    sentence = f"data/{name}: the value '{given}' of {id} is not valid. It must be {wanted}."
    with pytest.raises(InputError, match=f"^{re.escape(sentence)}$"):
        read_settings(path, SETTINGS[name])


def test_settings_have_the_types_of_their_fields() -> None:
    assert facts.azure_facts().public_ports == (80, 443)
    assert facts.azure_facts().policy_engines == ("cilium", "azure", "calico")
    assert facts.arm_defaults().gateway_zones == ("1", "2")
    assert isinstance(facts.manifest_defaults().token_check_user, int)
