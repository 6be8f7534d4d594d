"""A folder that APIOps extracted: what an existing instance holds, and what is not overwritten."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from apim_aks import __main__ as command_line
from apim_aks import page
from apim_aks.artefacts.arm_templates import arm_templates
from apim_aks.artefacts.export import export_format, exported
from apim_aks.decision.design import design, mapped
from apim_aks.deployment import plan, project_or_why
from apim_aks.deployment.project import require_answers
from apim_aks.errors import InputError
from apim_aks.page.tables.plan_tables import plan_summary
from apim_aks.workload.file import read_workload, save
from apim_aks.workload.file.extracted import extracted
from tests.artefacts.test_export_apiops import built, check, in_template
from tests.support.designs import alone
from tests.support.environments import with_environments

THERE = {"name": "apim-old", "resource_group": "rg-apim", "extracted": "old"}


def write(folder: Path, path: str, properties: object) -> None:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"properties": properties}), encoding="utf-8")


def beside(folder: Path) -> Path:
    """The workload beside an instance that holds the API legacy and a product, in both layouts."""
    copied = with_environments(folder, "")
    save(copied, {"azure": {"existing": {"api_management": THERE}}})
    write(copied / "old", "apis/legacy/apiInformation.json", {"path": "legacy"})
    write(copied / "old", "apis/legacy;rev=2/apiInformation.json", {"path": "legacy"})
    write(copied / "old", "products/starter/productInformation.json", {"displayName": "Starter"})
    write(copied / "old", "named values/key/namedValueInformation.json", {"secret": True})
    return copied


def test_the_names_and_paths_of_an_instance_are_read_from_both_layouts(tmp_path: Path) -> None:
    workload = read_workload(beside(tmp_path))
    held = workload.held
    assert "old/apis/legacy/apiInformation.json" in dict(workload.digests)
    assert {(h.kind, h.name, h.path) for h in held} == {
        ("apis", "legacy", "legacy"),
        ("products", "starter", ""),
        ("namedValues", "key", ""),
    }
    assert all(h.file.startswith("old/") for h in held)


def test_the_page_of_the_apis_says_what_an_instance_holds(tmp_path: Path) -> None:
    folder = beside(tmp_path)
    write(folder / "old", "apis/b/apiInformation.json", {"path": "<i>"})
    shown = page.apis_table(design(read_workload(folder))).text
    assert "What apim-old holds already and keeps" in shown
    assert "<code>/legacy</code>" in shown and "Starter" not in shown and ">starter<" in shown
    assert "/&lt;i&gt;" in shown and "<i>" not in shown


def test_beside_what_is_held_everything_is_deployed_under_names_of_its_own(tmp_path: Path) -> None:
    folder = beside(tmp_path)
    write(folder / "old", "loggers/azuremonitor/loggerInformation.json", {})
    made = built(alone(read_workload(folder), "public-services"))
    assert not any(path.startswith("loggers/") for path in in_template(made))
    check(in_template(made), exported(export_format("apiops"), made), toolkit=False)


@pytest.mark.parametrize(
    ("path", "properties", "said"),
    [
        (
            "apis/other/apiInformation.json",
            {"path": "/Orders"},
            "the path /Orders of the API other",
        ),
        (
            "apis/contoso-orders-orders/apiInformation.json",
            {"path": "elsewhere"},
            "the API contoso-orders-orders (old/apis/contoso-orders-orders/apiInformation.json)",
        ),
        ("products/contoso-orders/productInformation.json", {}, "contoso-orders (old/products/"),
    ],
)
def test_deployment_stops_before_it_would_write_what_is_there(
    tmp_path: Path, path: str, properties: object, said: str
) -> None:
    folder = beside(tmp_path)
    write(folder / "old", path, properties)
    placement = alone(read_workload(folder), "public-services")
    with pytest.raises(InputError) as refused:
        arm_templates(placement)
    assert said in str(refused.value)
    assert "Nothing of an existing instance is overwritten" in str(refused.value)
    (clash,) = mapped(read_workload(folder)).workload.findings
    assert clash.file == f"old/{path}" and clash.line == (1 if "path" in str(properties) else 0)
    assert clash.expected.endswith("out of the extracted folder where this workload made it")
    made = project_or_why(design(read_workload(folder)), placement, "1")
    assert made.pieces == () and said in plan_summary(plan(None, made), made.refused).text
    with pytest.raises(InputError, match="Nothing of an existing"):
        require_answers(made)


def test_what_cannot_be_used_is_a_finding_and_nothing_outside_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "old"
    write(folder, "apis/a/apiInformation.json", {"displayName": "no path"})
    (folder / "apis" / "b").mkdir()
    (folder / "apis" / "b" / "apiInformation.json").write_text("{", encoding="utf-8")
    (folder / "apis" / "c").mkdir()
    write(tmp_path, "secret.json", {"path": "secret"})
    (folder / "apis" / "c" / "apiInformation.json").symlink_to(tmp_path / "secret.json")
    found, wrong = extracted(folder, "old", {})
    assert found == ()
    assert [w.file.rpartition("/")[0] for w in wrong] == [f"old/apis/{n}" for n in "abc"]
    assert "leads out of the folder" in wrong[2].found


def test_init_writes_the_instance_into_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = beside(tmp_path)
    (folder / "workload.yaml").unlink()
    document = (folder / "openapi" / "customers.json").read_text(encoding="utf-8")
    (folder / "old" / "apis" / "legacy" / "specification.json").write_text(document, "utf-8")
    write(folder / "old", "apis/legacy/apiInformation.json", {"path": "orders"})
    for said in (["--instance", "a/b"], ["--tier", "Premium"], ["--gateway-subnet", "10.1.0.0/27"]):
        assert command_line.main(["init", str(folder), *said]) == 2
        assert f"{said[0]} is of the instance of --from-apiops" in capsys.readouterr().err
        assert not (folder / "workload.yaml").exists()
    given = ["init", str(folder), "--from-apiops", str(folder / "old")]
    assert command_line.main(given) == 2
    assert "Write GROUP/NAME" in capsys.readouterr().err
    assert command_line.main([*given, "--instance", "rg-apim/apim-old"]) == 0
    told = capsys.readouterr().err
    assert (
        "apim-old keeps what it holds" in told and "az apim show --resource-group rg-apim" in told
    )
    assert "legacy/apiInformation.json line 1 has the path /orders, which the API orders" in told
    workload = read_workload(folder)
    there = workload.azure.existing.api_management
    assert there and (there.name, there.resource_group, there.extracted) == (
        "apim-old",
        "rg-apim",
        "old",
    )
    assert len({(h.kind, h.name) for h in workload.held}) == 3
    assert not workload.unpaired, "the documents of an instance are of no Service"
    (folder / "workload.yaml").unlink()
    given += ["--instance", "rg-apim/apim-old", "--gateway-subnet", "10.20.3.0/27"]
    assert command_line.main([*given, "--tier", "Premium"]) == 0
    assert "An extracted folder does not hold" not in capsys.readouterr().err
    workload = read_workload(folder)
    assert workload.azure.gateway_subnet == "10.20.3.0/27"
    assert workload.requirements.tiers_allowed == ("Premium",)
