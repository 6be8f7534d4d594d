"""What `tls` in workload.yaml says of Services that end TLS themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apim_aks.topology import Authority
from apim_aks.workload.file.source import Source

Said = dict[str, dict[str, Any]]
"""By the id of a Service the fields of its `ServiceTls` that the file names."""


def said_tls(source: Source, meant: Callable[[str, Said], str]) -> Said:
    """By the id of each Service the name in its certificate and who signed it.

    `meant` gives the id of a Service, or an empty one where it is not there.

    Raises:
        InputError: two Services have one name, or one has that of the gateway.
    """
    found: Said = {}
    own = str(source.data.get("azure", {}).get("host_name", "")).lower()
    taken = {own: "the gateway"} if own else {}
    for key, given in source.data.get("tls", {}).items():
        host = given["host"].lower()
        if host in taken:
            said = f"{host}, which is the name of {taken[host]} already"
            raise source.error(("tls", key, "host"), said, "a name of its own: it has one address")
        if id := meant(key, found):
            found[id] = {"host": host, "authority": Authority(given["authority"])}
            taken[host] = id
    return found
