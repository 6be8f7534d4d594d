"""What the cluster held before a file was applied: kept in Azure once, for the way back.

Secrets are never kept, nor values of environment variables, which may be secrets.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apim_aks.artefacts.manifests import Action, ManifestFile, Phase
from apim_aks.artefacts.manifests.file import called
from apim_aks.deployment.ownership import Standing
from apim_aks.deployment.project import Project
from apim_aks.deployment.record import held_name, read_text, write_text
from apim_aks.errors import InputError
from apim_aks.remote.azure import AzureClient, AzureRefused
from apim_aks.remote.cluster import cleaned

_SECRET = "Secret"
_LISTS = ("objects", "absent", "partly")


@dataclass(frozen=True, slots=True)
class HeldBefore:
    """What a file met: the objects as they were, those that were not there, those not kept whole.

    `absent`, `partly` and the keys of `addresses`, which Services had, are `Kind namespace/name`.
    """

    file: str
    objects: tuple[dict[str, Any], ...]
    absent: tuple[str, ...]
    partly: tuple[str, ...]
    addresses: Mapping[str, tuple[str, ...]]


def may_meet_others(project: Project, file: ManifestFile) -> bool:
    """Whether a file may change what was in the cluster before us."""
    adds = file.action is Action.APPLY and file.phase is Phase.DEPLOY
    return bool(file.objects) and (project.cluster_is_there or not adds)


def keep_before(
    client: AzureClient, project: Project, file: ManifestFile, found: Iterable[Standing]
) -> HeldBefore:
    """What the cluster holds of the file's objects, kept in Azure; once kept it stays as it was.

    `found` is how they stand there.

    Raises:
        AzureRefused: the cluster does not say what it holds, or it cannot be kept; nothing was
            changed.
    """
    if before := held_before(client, project, file.name):
        return before
    stands = tuple(found)
    if unread := next((s.unread for s in stands if s.unread), ""):
        raise AzureRefused(
            f"{file.name}: what the cluster holds of it was not kept, so nothing was changed: "
            f"{unread}."
        )
    live = [s.live.data for s in stands if s.live]
    there = list(map(cleaned, live))
    held = HeldBefore(
        file=file.name,
        objects=tuple(_without_values(o) for o in there if o["kind"] != _SECRET),
        absent=tuple(called(s.object.data) for s in stands if not s.live),
        addresses={called(o): own for o in live if (own := addresses_of(o))},
        partly=tuple(called(o) for o in there if _without_values(o) != o or o["kind"] == _SECRET),
    )
    text = json.dumps({part: getattr(held, part) for part in (*_LISTS, "addresses")})
    write_text(client, project, held_name(project, file.name), text)
    return held


def held_before(client: AzureClient, project: Project, file: str) -> HeldBefore | None:
    """What was kept before this file was applied; None where nothing was.

    Raises:
        AzureRefused: it may not be read.
        InputError: it is damaged.
    """
    name = held_name(project, file)
    text = read_text(client, project, name)
    if not text:
        return None
    try:
        held: dict[str, Any] = json.loads(text)
        parts = {p: tuple(held[p]) for p in _LISTS}
        addresses = {name: tuple(own) for name, own in held["addresses"].items()}
        return HeldBefore(file, **parts, addresses=addresses)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"Deployment {name}: what the cluster held cannot be read ({type(error).__name__}). "
            "Compare the cluster with your own manifests before you go back."
        ) from None


def forget_before(client: AzureClient, project: Project, file: str) -> None:
    """Empties what was kept before this file was applied; that takes no right to delete.

    Raises:
        AzureRefused: it may not be read or written.
    """
    name = held_name(project, file)
    if read_text(client, project, name):
        write_text(client, project, name, "")


def addresses_of(service: Mapping[str, Any]) -> tuple[str, ...]:
    """The addresses of the load balancer of a Service; none of anything else."""
    balancer = (service.get("status") or {}).get("loadBalancer") or {}
    return tuple(str(i["ip"]) for i in balancer.get("ingress") or () if i.get("ip"))


def _without_values(value: Any) -> Any:
    """The same without the values of environment variables."""
    if isinstance(value, Mapping):
        return dict(_parts(value))
    return [_without_values(v) for v in value] if isinstance(value, list) else value


def _parts(held: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in held.items():
        if key == "env" and isinstance(value, list):
            named = (v for v in value if isinstance(v, Mapping))
            yield key, [{k: v for k, v in one.items() if k != "value"} for one in named]
        else:
            yield key, _without_values(value)
