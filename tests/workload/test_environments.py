"""`environments` in workload.yaml: the same scenario, with what differs in each."""

from __future__ import annotations

from pathlib import Path

import pytest

from apim_aks.errors import InputError
from apim_aks.workload.environment import in_environment
from apim_aks.workload.file import read_workload
from tests.support.environments import with_environments


def test_an_environment_is_the_workload_with_what_differs(tmp_path: Path) -> None:
    whole = read_workload(with_environments(tmp_path))
    dev, test, prod = whole.environments.values()
    assert list(whole.environments) == ["dev", "test", "prod"]
    assert (dev.azure.region, dev.azure.name_suffix) == ("northeurope", "ordersdev")
    assert test.azure.region == whole.azure.region
    assert dict(dev.pins)["vnet-internal"].tier == "Developer"
    assert (prod.traffic.least_units, whole.traffic.least_units) == (2, 1)
    assert prod.azure.name_suffix == whole.azure.name_suffix
    assert dev.services == whole.services and dev.digests == whole.digests
    assert in_environment(whole, "dev") is dev and dev.environment == "dev"
    assert whole.findings == dev.findings


@pytest.mark.parametrize(
    ("said", "line", "wrong"),
    [
        ("dev: {azure: {regon: x}}", 2, "unknown key 'regon'. Use 'region', the nearest"),
        ("dev: {azure: {region: westeurop}}", 2, "'westeurop' is not known. Use 'westeurope'"),
        ("dev:\n    azure:\n      egress: firewall", 4, "firewall without firewall_address"),
        ("dev: {placements: {vnet-internal: {tier: Premum}}}", 2, "tier 'Premum' is unknown"),
        ("dev: {placements: {vnet-internal: {edge: none}}}", 2, "the unknown key 'edge'"),
        ("Dev: {}", 2, "lower-case letters, digits and hyphens"),
        ("dev: {}\n  prod: {}", 3, "the resource group rg-orders01 of dev in prod again"),
        (
            "dev: {azure: {resource_group: a}}\n  prod: {}",
            3,
            "the API Management apim-orders01 of dev in prod again",
        ),
        ("nul: {}", 2, "which no file can be called under Windows"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_line(
    tmp_path: Path, said: str, line: int, wrong: str
) -> None:
    folder = with_environments(tmp_path, f"environments:\n  {said}\n")
    before = (folder / "workload.yaml").read_text(encoding="utf-8").partition("environments:")[0]
    with pytest.raises(InputError) as refused:
        read_workload(folder)
    assert f"line {before.count(chr(10)) + line}" in str(refused.value)
    assert wrong in str(refused.value)


def test_an_environment_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    whole = read_workload(with_environments(tmp_path))
    with pytest.raises(InputError, match="no environment 'pro'; use 'prod', the nearest"):
        in_environment(whole, "pro")
    with pytest.raises(InputError, match="has no key environments"):
        in_environment(read_workload("contoso-orders"), "prod")
