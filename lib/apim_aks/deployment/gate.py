"""The question before any API is published: is a call without a certificate really refused?"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable

from apim_aks.azure_client import AzureRefused
from apim_aks.check import State
from apim_aks.deployment.project import Project
from apim_aks.facts import azure_setting
from apim_aks.topology import Probe

VANTAGE = "internet"
_ALERTS = ("CERTIFICATE_REQUIRED", "HANDSHAKE_FAILURE", "BAD_CERTIFICATE", "ALERT")
_REFUSALS = {400: "no certificate sent", 401: "unauthorised", 403: "forbidden", 496: "required"}

Ask = Callable[[str], tuple[State, str]]


class GateOpen(AzureRefused):
    """The entry serves calls without a certificate, or nobody can say that it does not."""


def asked(host: str, port: int = 443) -> tuple[State, str]:
    """A call without a client certificate: refused passes, served fails, silence says nothing."""
    context = ssl.create_default_context()
    # Nothing is sent that matters and whatever answers is to be seen, whoever signed it.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    seconds = float(azure_setting("gate-seconds"))
    try:
        with socket.create_connection((host, port), timeout=seconds) as line:
            return _spoken(context, line, host)
    except (OSError, TimeoutError) as error:
        return State.NOT_RUN, f"no connection to {host} ({type(error).__name__})"


def _spoken(context: ssl.SSLContext, line: socket.socket, host: str) -> tuple[State, str]:
    try:
        with context.wrap_socket(line, server_hostname=host) as tls:
            tls.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            answer = http.client.HTTPResponse(tls)
            answer.begin()
            return _judged(answer.status)
    except ssl.SSLError as error:
        if any(word in str(error).upper() for word in _ALERTS):
            return State.PASS, "refused in the TLS handshake"
        return State.NOT_RUN, f"TLS failed for another reason ({error.reason})"
    except (ConnectionResetError, http.client.HTTPException, TimeoutError) as error:
        return State.NOT_RUN, f"the connection ended without an answer ({type(error).__name__})"


def _judged(status: int) -> tuple[State, str]:
    if status in _REFUSALS:
        return State.PASS, f"refused with {status} ({_REFUSALS[status]})"
    return State.FAIL, f"answered with {status}"


def closed(
    project: Project,
    pause: Callable[[float], None],
    tell: Callable[[str], None],
    ask: Ask = asked,
) -> str:
    """What shows that the entry is shut; it is asked until it answers.

    Raises:
        GateOpen: it is open, or it never answered.
    """
    gate = project.gate
    if gate is None or not isinstance(gate.test, Probe):
        return "no entry with client certificates"
    if gate.test.vantage != VANTAGE:
        raise GateOpen(
            f"{gate.id} can only be asked from {gate.test.vantage}, not from here; next: ask it "
            "from there, then deploy with --gate-checked."
        )
    tries, seen = int(azure_setting("gate-tries")), ""
    for attempt in range(1, tries + 1):
        state, seen = ask(project.gate_host)
        if state is State.PASS:
            return seen
        if state is State.FAIL:
            raise GateOpen(
                f"{gate.id}: a call without a certificate to {project.gate_host} was {seen}, "
                "expected a refusal; no API is published; next: look at the ingress controller."
            )
        tell(f"{gate.id}: {seen}; asking again ({attempt} of {tries})")
        if attempt < tries:
            pause(float(azure_setting("gate-pause")))
    raise GateOpen(
        f"{gate.id}: {project.gate_host} gave no answer in {tries} tries ({seen}); silence is no "
        "proof, so no API is published; next: look at the ingress and its address."
    )
