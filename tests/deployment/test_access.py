"""The way into the cluster: asked of Azure, said, and without a shell where kubectl is used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apim_aks.deployment.access import Way, in_cluster, way
from apim_aks.errors import InputError
from apim_aks.remote.azure import AzureRefused
from apim_aks.workload.rendering import programs
from tests.support.arm_server import Arm, Fault, error
from tests.support.azure_scenes import GROUP, Scene, scene, toy, with_cluster
from tests.support.programs import Standin, needs_posix

CLUSTER = "/providers/microsoft.containerservice/managedclusters/aks-sample"
DISABLED = {"apiServerAccessProfile": {"disableRunCommand": True}}


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path, with_cluster(Arm())) as found:
        found.arm.resources[found.arm.scope(GROUP).lower() + CLUSTER]["properties"] = DISABLED
        found.client.connection.tell = found.told.append
        yield found


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(programs.sysconfig, "get_path", lambda _: str(folder))
    for name in ("AZURE_FEDERATED_TOKEN_FILE", "AZURE_CLIENT_SECRET", "AZURE_CLIENT_ID"):
        monkeypatch.delenv(name, raising=False)
    return folder


@needs_posix
def test_a_whole_deployment_goes_through_kubectl_where_the_run_command_is_disabled(
    live: Scene, tools: Path
) -> None:
    kubectl = Standin(tools, "kubectl", {"services": "shop/web\n", "--output=json": "", "": "done"})
    kubelogin = Standin(tools, "kubelogin", {"": ""})
    assert live.deploy(toy()).finished
    assert live.arm.commands == [] and live.arm.count("POST", "runCommand") == 0
    said = [line for line in live.told if line.startswith("Into cluster aks-sample by kubectl")]
    assert len(said) == 1 and "has the run command disabled" in said[0]
    looks = [w for w, _ in kubectl.asked if "--show-managed-fields" in w]
    assert [w[-2:] for w in looks] == [["--filename=0.json", "--output=json"]] * 2
    words = [w for w, _ in kubectl.asked if w not in looks]
    assert words[0][:2] == ["get", "services"] and "'" not in "".join(words[0])
    assert words[1][-3:] == ["--validate=strict", "-f", "30-ingress.yaml"]
    assert words[2][:2] == ["rollout", "status"]
    assert kubelogin.asked[0][0][:3] == ["convert-kubeconfig", "--login", "azurecli"]
    config = Path(kubectl.asked[0][1]["KUBECONFIG"])
    assert config.name == "kubeconfig" and not config.exists()


@needs_posix
@pytest.mark.parametrize(
    ("environment", "mode"),
    [
        ({"AZURE_FEDERATED_TOKEN_FILE": "/t"}, "workloadidentity"),
        ({"AZURE_CLIENT_SECRET": "s"}, "spn"),
    ],
)
def test_kubelogin_signs_in_as_the_run_does(
    live: Scene,
    tools: Path,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    mode: str,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    Standin(tools, "kubectl", {"": ""})
    kubelogin = Standin(tools, "kubelogin", {"": ""})
    assert in_cluster(live.client, toy(), ("kubectl version",), {}).exit_code == 0
    assert kubelogin.asked[0][0][2] == mode


@needs_posix
def test_a_program_that_is_missing_is_a_sentence(live: Scene, tools: Path) -> None:
    with pytest.raises(InputError, match="kubectl is needed, since the cluster has the run comm"):
        in_cluster(live.client, toy(), ("kubectl version",), {})
    Standin(tools, "kubectl", {"": ""})
    with pytest.raises(InputError, match="kubelogin is needed"):
        in_cluster(live.client, toy(), ("kubectl version",), {})
    live.arm.kubeconfig = "users: []"  # local accounts: a certificate, nobody to sign in
    assert in_cluster(live.client, toy(), ("kubectl version",), {}).exit_code == 0


@needs_posix
def test_a_command_that_fails_ends_the_rest_and_no_shell_reads_it(live: Scene, tools: Path) -> None:
    Standin(tools, "kubelogin", {"": ""})
    kubectl = Standin(tools, "kubectl", {"": "error: no"}, code=1)
    commands = ("kubectl get 'a; touch x' $HOME", "kubectl version")
    result = in_cluster(live.client, toy(), commands, {})
    assert result.exit_code == 1 and "error: no" in result.logs
    assert [asked for asked, _ in kubectl.asked] == [["get", "a; touch x", "$HOME"]]
    assert not Path("x").exists()


def test_whoever_may_not_read_the_kubeconfig_is_told(live: Scene, tools: Path) -> None:
    Standin(tools, "kubectl", {"": ""})
    refusal = error("AuthorizationFailed", "No.")
    live.arm.faults = [Fault("POST", "listClusterUserCredential", 403, refusal)]
    with pytest.raises(AzureRefused, match="Access to cluster aks-sample: AuthorizationFailed"):
        in_cluster(live.client, toy(), ("kubectl version",), {})


def test_a_cluster_that_is_not_there_yet_is_looked_up_in_the_templates(live: Scene) -> None:
    live.arm.resources.clear()
    assert way(live.client, toy()) is Way.RUN_COMMAND
