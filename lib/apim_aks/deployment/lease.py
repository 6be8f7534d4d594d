"""One run at a time: a lease in Azure, acquired before the first change, released at the end."""

from __future__ import annotations

import platform
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from apim_aks.deployment.project import Project
from apim_aks.remote.azure import AzureClient, AzureRefused, Lease, LeaseLost, Leases

Tell = Callable[[str], None]
_HOST = 40


class LeaseHeld(AzureRefused):
    """Another run holds the lease, or has taken it over from this one."""


def lease_zone(project: Project) -> str:
    """The name of the private zone that holds the lease of a project; no network is linked."""
    return f"{project.prefix}lease.internal"


class Hold:
    """The lease of one run: `doing` is its purpose, `take_over` the lease that it replaces."""

    def __init__(
        self, client: AzureClient, project: Project, doing: str, tell: Tell, take_over: str = ""
    ) -> None:
        self.client, self.project, self.tell = client, project, tell
        self.doing, self.take_over = doing, take_over
        self.leases = Leases(client, project.home, lease_zone(project))
        self.held: Lease | None = None

    def require(self) -> None:
        """Acquires or renews the lease before each change; its resource group must exist.

        Raises:
            AzureRefused: it may not be written.
            LeaseHeld: another run holds it.
        """
        if self.held is None:
            self.leases.place(self.project.tags)
            self.held = self._taken()
            return
        try:
            renewed = replace(self.held, until=_at(self._hours))
            self.held = self.leases.write(renewed, self.held.etag)
        except LeaseLost:
            self.held = None
            now = self.leases.read()
            by = now.holder if now else "a run that has released it since"
            raise LeaseHeld(
                f"The lease was taken over by {by}; this run stops here and changes nothing more."
            ) from None

    def _taken(self) -> Lease:
        there = self.leases.read()
        self._require_free(there)
        identity = self.client.identity()
        mine = Lease(
            id=secrets.token_hex(4),
            holder=f"{identity.kind} {identity.object} on {platform.node()[:_HOST] or 'a machine'}",
            doing=self.doing,
            since=_at(0),
            until=_at(self._hours),
        )
        try:
            return self.leases.write(mine, there.etag if there else "")
        except LeaseLost:
            self._require_free(self.leases.read())
            raise

    def _require_free(self, there: Lease | None) -> None:
        if there is None:
            return
        who = f"{there.holder or 'somebody'}, {there.doing or 'a run'} since {there.since}"
        if self.take_over and self.take_over == there.id:
            self.tell(f"The lease of {who} is taken over.")
        elif _is_over(there.until):
            self.tell(f"The lease of {who} expired at {there.until}.")
        else:
            raise LeaseHeld(
                f"Another run holds the lease {there.id}: {who}, at most until {there.until}. "
                "Nothing was changed here. Wait for its end. If it has died, replace it with "
                f"--take-over {there.id} (in notebook 07: APIM_AKS_VALUE_takeOver)."
            )

    @property
    def _hours(self) -> float:
        return self.client.timing.lease_hours

    def release(self) -> None:
        """Releases the lease; one that cannot be released expires."""
        if self.held is None:
            return
        held, self.held = self.held, None
        try:
            self.leases.give_back(held)
        except AzureRefused as refused:
            self.tell(f"The lease was not released and expires at {held.until}: {refused}")


def _at(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat(timespec="seconds")


def _is_over(until: str) -> bool:
    """Whether the time is past; an unreadable time never is, and its writer must be asked."""
    try:
        end = datetime.fromisoformat(until)
    except ValueError:
        return False
    return end.tzinfo is not None and end < datetime.now(UTC)
