"""What kubectl builds of each overlay is what `deploy` and `close` would apply there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from apim_aks.artefacts.bundle import Artefacts
from apim_aks.artefacts.export import export_format, exported
from apim_aks.artefacts.export.kustomize import CLOSE, DELETE, DEPLOY, ENTRY, ROUTES, step_of
from apim_aks.artefacts.export.kustomize.patches import differences
from apim_aks.artefacts.export.kustomize.placing import replacements
from apim_aks.artefacts.manifests import ManifestFile, manifests, placeholders
from apim_aks.decision.design import Placement
from apim_aks.decision.environments import everywhere
from apim_aks.errors import InputError
from apim_aks.options.drawn import Drawn
from apim_aks.workload.file import read_workload
from apim_aks.workload.pin import Pin
from tests.support.designs import alone, bundled
from tests.support.environments import with_environments
from tests.support.kustomized import by_name, filled, kustomized, written
from tests.support.places import CORPORA
from tests.support.series import some_of
from tests.support.systems import drafted

STEPS = {DEPLOY: (ENTRY, ROUTES), CLOSE: (CLOSE,), DELETE: (DELETE,)}


def built(placement: Drawn) -> Artefacts:
    return Artefacts(drawn=placement, manifests=manifests(placement))


def in_environments(placement: Placement) -> Artefacts:
    there = {name: built(drawn) for name, drawn in everywhere(placement).items()}
    return replace(built(placement), environments=there)


def values(files: Iterable[ManifestFile]) -> dict[str, str]:
    """A value for each placeholder, of the kind that it is."""
    return {
        p.text: "192.0.2.7" if "PUBLIC_IP" in p.text else f"1e5-{number}.{len(p.text)}"
        for number, p in enumerate(placeholders(files))
    }


def with_values(files: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """The export with the values filled in where its README says."""
    return {
        path: filled(text, {f": {p}\n": f": {v}\n" for p, v in given.items()})
        if path.endswith("values/values.yaml")
        else text
        for path, text in files.items()
    }


def check(made: Artefacts, folder: Path, overlays: Iterable[str] = (DEPLOY, CLOSE)) -> None:
    """Each overlay is built to the objects that the environment's own manifests have."""
    files = exported(export_format("kustomize"), made)
    for name, there in made.everywhere.items():
        given = values(there.manifests)
        written(folder, with_values(files, given))
        for overlay in overlays:
            own = [f for f in there.manifests if step_of(f) in STEPS[overlay]]
            at = folder / "overlays" / name / overlay
            assert at.exists() is bool(own)
            if own:
                wanted = by_name([filled(o, given) for f in own for o in f.objects])
                assert kustomized(at) == wanted


@pytest.mark.parametrize("option", ["public-services", "ingress-mtls", "self-hosted-gateway"])
def test_each_environment_gets_its_own_manifests(option: str, tmp_path: Path) -> None:
    placement = alone(read_workload(with_environments(tmp_path)), option)
    check(in_environments(placement), tmp_path / "out", (DEPLOY,))


def test_the_phases_of_a_whole_system_stay_apart(tmp_path: Path) -> None:
    (placement,) = some_of(bundled("contoso-retail").placements[:4], 1)
    check(built(placement), tmp_path, (DEPLOY, CLOSE, DELETE))


def test_an_environment_may_have_other_objects(tmp_path: Path) -> None:
    made = bundled("contoso-orders")
    here, there = (built(made.placement(o)) for o in ("self-hosted-gateway", "ingress-mtls"))
    check(replace(here, environments={"other": there}), tmp_path, (DEPLOY,))


@pytest.mark.parametrize("system", ["bookinfo", "retail-store"])
def test_systems_of_others_are_built_to_the_same(system: str, tmp_path: Path) -> None:
    source = CORPORA / "microservices" / system
    if not source.is_dir():
        pytest.skip(f"{source} is not there")
    found = drafted(source).workload
    assert found
    check(built(alone(found, "ingress-mtls")), tmp_path, (DEPLOY,))


def test_every_placeholder_of_every_combination_can_be_a_value() -> None:
    for name in ("contoso-orders", "contoso-retail"):
        for placement in bundled(name).placements:
            files = manifests(placement)
            objects = [o for f in files for o in f.objects]
            for placeholder in placeholders(files):
                assert replacements(placeholder.text, objects)["targets"]


def test_no_overlay_that_is_applied_by_itself_refers_to_what_closes() -> None:
    files = exported(export_format("kustomize"), built(bundled("contoso-retail").placements[0]))
    for path, text in files.items():
        if path.endswith("kustomization.yaml") and "/close" not in path:
            said = yaml.safe_load(text)
            assert not any("close" in r for r in said.get("resources", ()))
    assert all(text.startswith("# Made by") for p, text in files.items() if p != "README.md")


def test_a_text_without_one_delimiter_around_a_placeholder_is_refused() -> None:
    odd = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "a"},
        "data": {"x": "a <TENANT>/b"},
    }
    with pytest.raises(InputError, match="ConfigMap default/a has <TENANT> within a text at data"):
        replacements("<TENANT>", [odd])


def test_differences_are_operations_objects_and_deletions() -> None:
    def config(name: str, **data: str) -> dict[str, object]:
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}

    here = [config("a", **{"x/y": "1", "w": "1", "v": "1"}), config("b")]
    there = [config("a", z="2"), config("c")]
    found = differences(here, there)
    assert list(found.changed.values()) == [
        (
            {"op": "remove", "path": "/data/v"},
            {"op": "remove", "path": "/data/w"},
            {"op": "remove", "path": "/data/x~1y"},
            {"op": "add", "path": "/data/z", "value": "2"},
        )
    ]
    assert found.added == (config("c"),)
    assert found.gone == (("v1", "ConfigMap", "", "b"),)
    assert not differences(here, here)


def test_what_a_chart_installs_has_its_values() -> None:
    pins = (("ingress-mtls", Pin(ingress_controller="traefik")),)
    pinned = replace(read_workload("contoso-orders"), pins=pins)
    files = exported(export_format("kustomize"), built(alone(pinned, "ingress-mtls")))
    given = yaml.safe_load(files["charts/apis/values.yaml"])
    assert given["service"] == {"enabled": False} and given["ports"] == {"web": None}
    assert given["providers"]["kubernetesCRD"]["ingressClass"] == "apis"
    assert "--values charts/apis/values.yaml" in files["README.md"]
    without = exported(export_format("kustomize"), built(alone(pinned, "vnet-external")))
    assert not [path for path in without if path.startswith("charts/")]
    assert "installed by a Helm chart" in without["README.md"]
