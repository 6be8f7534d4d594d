"""How long Azure is waited for and how often it is asked: configuration, no facts about Azure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Time-outs, pauses and tries of a connection.

    The unit stands in the name; `tries` are counted with the first one. A run must neither stand
    still where nothing listens nor give up what Azure still does.
    """

    # One request
    connect_seconds: float = 10
    answer_seconds: float = 60
    """Until an answer begins: what takes longer is a long-running operation and is polled."""
    retries: int = 5
    """With doubled pauses about half a minute."""
    first_pause_seconds: float = 1
    longest_pause_seconds: float = 300
    """A longer Retry-After counts as a refusal, so that a run does not appear to hang."""

    # A long-running operation, which goes on in Azure when it is no longer waited for
    poll_seconds: int = 15
    """Often enough for a line of progress, far from any limit of requests."""
    progress_minutes: int = 5
    """Until it is said again that it runs: API Management says nothing for half an hour."""
    question_minutes: float = 20
    """Validation and what-if take seconds to a few minutes."""
    command_minutes: float = 60
    """Several pods become ready one after another in one command, ten minutes each."""
    removal_minutes: float = 90
    """API Management of a classic tier in a network takes up to an hour."""
    deployment_hours: float = 3
    """API Management takes up to an hour, and may be queued."""

    # What is tried again because something else has to end first
    busy_tries: int = 40
    """With the pause below about 40 minutes, the time that API Management takes for a change."""
    busy_pause_seconds: float = 60
    removal_passes: int = 5
    """Each pass frees what the next one needs."""
    role_tries: int = 3
    """A role takes up to ten minutes to arrive
    (https://learn.microsoft.com/azure/role-based-access-control/troubleshooting)."""
    role_pause_seconds: float = 180

    # The cluster and its entry
    rollout_seconds: int = 600
    """Until the pods of one object are ready: images are pulled once."""
    gate_tries: int = 20
    """A public address takes minutes to be reachable."""
    gate_pause_seconds: float = 30

    # Telemetry of the calls of a run
    telemetry_tries: int = 20
    """With the pause below ten minutes: logs take minutes to arrive."""
    telemetry_pause_seconds: float = 30
    telemetry_hours: float = 2
    """How far back logs are asked for: longer than a run."""
