"""Checks that this run calls from its stated place, and that calls from there are answered."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from apim_aks.artefacts.address_plan import address_plan
from apim_aks.remote.calls import Call
from apim_aks.topology import Probe, VantagePoint
from apim_aks.verification.probes.resources import gateway, gateway_host, values
from apim_aks.verification.scene import LiveScene

_MET_BY = {VantagePoint.OTHER_ADDRESS: VantagePoint.INTERNET}


def misplaced(scene: LiveScene, probe: Probe) -> str:
    """Why this run cannot make the probe from its place; empty if it can."""
    wanted, here = _MET_BY.get(probe.vantage, probe.vantage), scene.vantage.place
    if wanted is VantagePoint.GATEWAY:
        return ""
    if wanted is not here:
        return (
            f"has to be called from {wanted.words}; this run calls from {here.words}; "
            f"run it there with --from {wanted}"
        )
    return scene.kept.once("place", lambda: _contradicted(scene))


def _contradicted(scene: LiveScene) -> str:
    """The evidence against the place that this run claims."""
    place, amiss = scene.vantage.place, []
    known = tuple(_private_names(scene))
    for host, address in known:
        found = scene.vantage.caller.addresses(host)
        if place is VantagePoint.INTERNET and address in found:
            return f"claims to be on the internet, but {host} resolves here to its private address"
        if place is not VantagePoint.INTERNET and address not in found:
            what = f"to {', '.join(found)}" if found else "to nothing"
            amiss.append(
                f"claims to be in {place}, but {host} resolves here {what}, not to {address}"
            )
    # A neighbour's network is linked to no private zone but the gateway's.
    enough = 1 if place is VantagePoint.SAME_VNET else len(known)
    return amiss[0] if len(amiss) >= enough and amiss else ""


def _private_names(scene: LiveScene) -> Iterator[tuple[str, str]]:
    """The private names of the design with their addresses inside the network."""
    plan = address_plan(scene.placement)
    yield from ((b.host, b.address) for b in plan.load_balancers if b.host)
    private = {n.name for n in scene.topology.names if n.private}
    if gateway_host(scene) in private:
        yield from ((gateway_host(scene), a) for a in values(gateway(scene), "privateIPAddresses"))


def internet_answers(scene: LiveScene) -> tuple[bool, str]:
    """Whether calls leave this place (the control for missing answers), and the result."""
    return scene.kept.once("internet", lambda: _internet(scene))


def _internet(scene: LiveScene) -> tuple[bool, str]:
    manager = urlsplit(scene.azure.client.connection.base_url)
    call = Call(host=manager.hostname or "", port=manager.port or 443)
    found = scene.vantage.caller.ask(call)
    if found.answered:
        return True, f"{call.host} {found.words} from here"
    return (
        control_answers(scene) if scene.vantage.control else (False, f"{call.host}: {found.words}")
    )


def control_answers(scene: LiveScene) -> tuple[bool, str]:
    """Whether the caller's own control can be reached, and the result in words."""
    return scene.kept.once("control", lambda: _control(scene))


def _control(scene: LiveScene) -> tuple[bool, str]:
    given = scene.vantage.control
    host, _, port = given.rpartition(":")
    if not host or not port.isdigit():
        return (
            False,
            f"the control {given!r} is not of the form HOST:PORT"
            if given
            else "no control was given",
        )
    for address in scene.vantage.caller.addresses(host):
        found = scene.vantage.caller.reach(address, int(port))
        if found.connected:
            return True, f"the control {given} can be reached from here"
    return False, f"the control {given} cannot be reached from here"
