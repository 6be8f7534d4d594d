"""The word of the person: which subscription, cluster and caller, typed back before a change."""

from __future__ import annotations

from collections.abc import Callable

from apim_aks.deployment.project import Project
from apim_aks.errors import InputError
from apim_aks.remote.azure import AzureClient, Identity

Answer = Callable[[str], str]
"""A question on a terminal, and what was typed."""


def confirmation(identity: Identity, cluster: str) -> str:
    """The words to type: ends of the subscription and of the caller, and the cluster between."""
    ends = [part.removeprefix("…") for part in (identity.subscription, identity.object)]
    return f"{ends[0]}/{cluster}/{ends[1]}"


def require_confirmed(
    client: AzureClient, project: Project, given: str, answer: Answer | None = None
) -> None:
    """Nothing, where somebody has said which subscription, cluster and caller are meant.

    `given` was said beforehand, `answer` asks the person who sits there; None where nobody does.

    Raises:
        AzureRefused: nobody is signed in.
        InputError: it was not said, or it was said of another one.
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
            f"Nothing was changed: this would change {what}, and nobody has confirmed it. Give "
            f"--confirm {wanted} (in notebook 07: confirm={wanted!r})."
        )
    if said.strip() != wanted:
        raise InputError(
            f"Nothing was changed: {said.strip()[:80]!r} was confirmed, but this would change "
            f"{what}, which is {wanted}."
        )
