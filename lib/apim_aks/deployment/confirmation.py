"""Confirmation before a change: the person types subscription, cluster and caller."""

from __future__ import annotations

from collections.abc import Callable

from apim_aks.deployment.project import Project
from apim_aks.errors import InputError
from apim_aks.remote.azure import AzureClient, Identity

Answer = Callable[[str], str]
"""Asks a question on a terminal and returns what was typed."""


def confirmation(identity: Identity, cluster: str) -> str:
    """The words to type: ends of the ids of subscription and caller, and the cluster between."""
    ends = [part.removeprefix("…") for part in (identity.subscription, identity.object)]
    return f"{ends[0]}/{cluster}/{ends[1]}"


def require_confirmed(
    client: AzureClient, project: Project, given: str, answer: Answer | None = None
) -> None:
    """Return if subscription, cluster and caller were confirmed.

    `given` is the confirmation given beforehand; `answer` asks on a terminal, None without one.

    Raises:
        AzureRefused: there is no signed-in identity.
        InputError: the confirmation is missing, or names something else.
    """
    identity = client.identity()
    wanted = confirmation(identity, project.cluster)
    what = (
        f"subscription {identity.subscription}, cluster {project.cluster}, as {identity.kind} "
        f"{identity.object}"
    )
    said = given
    if not said and answer:
        said = answer(f"This changes {what}. Type {wanted} to go on:")
    if not said:
        raise InputError(
            f"Nothing was changed: this would change {what}, which is not confirmed. Give "
            f"--confirm {wanted} (in notebook 07: confirm={wanted!r})."
        )
    if said.strip() != wanted:
        raise InputError(
            f"Nothing was changed: {said.strip()[:80]!r} was confirmed, but this would change "
            f"{what}, which is {wanted}."
        )
