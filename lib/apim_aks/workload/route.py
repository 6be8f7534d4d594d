"""The ways into the cluster that the input already has: which callers' paths lead to a Service."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Route:
    """A public path that an Ingress, HTTPRoute or IngressRoute already gives a Service.

    `namespace` is that of the object where it is not the Service's, `elsewhere` what the object
    leads to beside the Services of the input: it serves somebody else too. `port` is the port of
    the Service that it names, by name or number; empty where it names none.
    """

    kind: str
    name: str
    host: str
    path: str
    namespace: str = ""
    elsewhere: tuple[str, ...] = ()
    port: str = ""
