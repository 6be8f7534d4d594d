"""The token check of a Service: Envoy with the configuration of its manifest.

What is changed in it is where things are on this machine: ports and addresses to listen on and to
call, the folders of its files, and the authority that stands for every public one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apim_aks.testbed.processes import NotStarted
from apim_aks.workload.documents import parse

Json = dict[str, Any]
Located = Callable[[str, int], int]
"""The port here behind a host name and port; it raises where nothing is known of them."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where a token check finds things here: its folder, the authority, the ports it listens on."""

    folder: Path
    authority: Path
    ports: dict[int, int]
    located: Located


def configured(data: dict[str, str], places: Places) -> dict[str, Any]:
    """The files of its ConfigMap by name, each as a document for this machine.

    Raises:
        NotStarted: they name something that is not on this machine.
    """
    return {name: _moved(_read(name, text), places) for name, text in data.items()}


def _read(name: str, text: str) -> Any:
    return parse(text.encode(), name).documents[0].data


def _moved(value: Any, places: Places) -> Any:
    if isinstance(value, list):
        return [_moved(v, places) for v in value]
    if not isinstance(value, dict):
        return value
    if "socket_address" in value:
        return {**value, "socket_address": _address(value["socket_address"], places)}
    return {key: _file(key, _moved(held, places), places) for key, held in value.items()}


def _address(address: Json, places: Places) -> Json:
    host, port = address["address"], address["port_value"]
    here = places.ports[port] if host == "0.0.0.0" else places.located(host, port)
    return {**address, "address": "127.0.0.1", "port_value": here}


def _file(key: str, value: Any, places: Places) -> Any:
    if key not in ("path", "filename") or not isinstance(value, str):
        return value
    if value.startswith("/etc/ssl/"):
        return str(places.authority)
    for folder in ("/etc/envoy", "/etc/tls"):
        if value == folder or value.startswith(f"{folder}/"):
            return str(places.folder) + value[len(folder) :]
    raise NotStarted(f"the configuration of Envoy names {value}, which is not on this machine")
