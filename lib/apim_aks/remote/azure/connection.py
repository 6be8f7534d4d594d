"""One pipeline for every client: bounded retries, fresh tokens, nothing logged."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from apim_aks import __version__
from apim_aks.remote.azure.patience import Patience, Tell
from apim_aks.remote.azure.redaction import redacted, remember, shortened
from apim_aks.remote.azure.refusal import (
    AzureRefused,
    Fault,
    SignInMissing,
    VerdictUnknown,
    innermost,
    resource_name,
)
from apim_aks.remote.azure.signing_in import MANAGEMENT, RememberedCredential
from apim_aks.remote.azure.timing import Timing

MANAGER = "https://management.azure.com"
SAFE = frozenset({"HEAD", "GET", "PUT", "DELETE", "OPTIONS", "TRACE", "POST"})
"""Methods of requests that change nothing by being sent twice, reading posts included."""


@dataclass(kw_only=True)
class Connection:
    """How Azure is reached. `sleep` and `transport` are handed in; nothing is called yet."""

    credential: Any
    subscription: str
    base_url: str = MANAGER
    scope: str = MANAGEMENT
    transport: Any = None
    sleep: Callable[[float], None] = time.sleep
    timing: Timing = Timing()
    tell: Tell = lambda _: None
    pauses: list[float] = field(default_factory=list)
    waits: list[Patience] = field(default_factory=list)
    retried: Counter[str] = field(default_factory=Counter)
    clients: dict[Any, Any] = field(default_factory=dict)
    said: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        remember(self.subscription, shortened(self.subscription))
        if not isinstance(self.credential, RememberedCredential):
            self.credential = RememberedCredential(self.credential)
        quiet()

    def pause(self, seconds: float) -> None:
        """Wait, never longer than a person would watch, or than an operation is waited for.

        Raises:
            StillRunning: an operation is waited for, and its time is over.
        """
        longest = self.timing.longest_pause_seconds
        for patience in self.waits:
            patience.require(seconds)
        left = seconds if self.waits else min(seconds, longest)
        while left > 0:
            part = min(left, longest)
            self.pauses.append(part)
            self.sleep(part)
            for patience in self.waits:
                patience.spend(part)
            left -= part

    @contextmanager
    def patient(self, doing: str, minutes: float, later: str) -> Iterator[None]:
        """Whatever is waited for inside ends with a sentence when the minutes are over."""
        often = self.timing.progress_minutes
        self.waits.append(
            Patience(doing=doing, minutes=minutes, later=later, tell=self.tell, said_every=often)
        )
        try:
            yield
        finally:
            self.waits.pop()

    def ended(self, doing: str, minutes: float, later: str, begin: Callable[[], Any]) -> Any:
        """The result of a long-running operation, waited for so many minutes.

        Raises:
            AzureRefused: it was refused or failed.
            StillRunning: its time is over; `later` says what goes on and how to go on.
        """
        with refusing(doing), self.patient(doing, minutes, later):
            return begin().result()

    def say_once(self, sentence: str) -> None:
        """Tell it, unless it was told before."""
        if sentence not in self.said:
            self.said.add(sentence)
            self.tell(sentence)

    def again(self, what: str, doing: str, number: int) -> None:
        """Say, and count, that a request is sent again."""
        self.retried[what] += 1
        limit = self.timing.retries
        self.tell(f"{what} to {doing}; it is sent again ({number} of {limit})")

    def client(self, kind: Any, **options: Any) -> Any:
        """A client of the SDK over this connection; one of each kind."""
        if kind not in self.clients:
            self.clients[kind] = kind(
                self.credential,
                self.subscription,
                base_url=self.base_url,
                credential_scopes=[self.scope],
                policies=self.policies(self.scope),
                transport=self.wire(),
                polling_interval=self.timing.poll_seconds,
                **options,
            )
        return self.clients[kind]

    def close(self) -> None:
        """Let go of every open line."""
        if self.transport is not None:
            self.transport.close()

    def pipeline(self) -> Any:
        """Plain requests to the Resource Manager, for what would need a whole SDK for one GET."""
        from azure.mgmt.core import ARMPipelineClient

        if ARMPipelineClient not in self.clients:
            self.clients[ARMPipelineClient] = ARMPipelineClient(
                base_url=self.base_url, policies=self.policies(self.scope), transport=self.wire()
            )
        return self.clients[ARMPipelineClient]

    def wire(self) -> Any:
        """The transport with our own way of waiting."""
        if self.transport is None:
            from azure.core.pipeline.transport import RequestsTransport

            # The SDK's own five minutes, six times over, would hold a run for half an hour.
            self.transport = RequestsTransport(
                connection_timeout=self.timing.connect_seconds,
                read_timeout=self.timing.answer_seconds,
            )
        self.transport.sleep = self.pause
        return self.transport

    def policies(self, scope: str) -> list[Any]:
        """What a request goes through: no logging, and no provider registered behind our back."""
        from azure.core.pipeline.policies import (
            ContentDecodePolicy,
            HeadersPolicy,
            ProxyPolicy,
            RequestIdPolicy,
            UserAgentPolicy,
        )
        from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy

        return [
            RequestIdPolicy(),
            HeadersPolicy(),
            UserAgentPolicy(base_user_agent=f"apim-aks/{__version__}"),
            ProxyPolicy(),
            ContentDecodePolicy(),
            self.retry(),
            ARMChallengeAuthenticationPolicy(self.credential, scope),
        ]

    def retry(self) -> Any:
        """The policy that sends a request again, bounded, and says so."""
        count, pause = self.timing.retries, self.timing.first_pause_seconds
        counts = {f"retry_{kind}": count for kind in ("total", "connect", "read", "status")}
        return bounded_retry()(self, **counts, retry_backoff_factor=pause)


@cache
def bounded_retry() -> Any:
    """A retry policy that never waits for hours, and tries a rejected token once more."""
    from azure.core.pipeline.policies import RetryPolicy

    class BoundedRetry(RetryPolicy[Any, Any]):
        """Throttled, busy and lost requests again, and said; a refused one never."""

        def __init__(self, connection: Connection, **options: Any) -> None:
            super().__init__(**options)
            self._say, self._timing = connection.again, connection.timing

        def sleep(
            self, settings: dict[str, Any], transport: Any, response: Any | None = None
        ) -> None:
            answer = getattr(response, "http_response", None)
            sent, number = settings["history"][-1].http_request, len(settings["history"])
            status = 0 if answer is None else answer.status_code
            what = f"Azure answered {status}" if status else "The connection to Azure broke"
            doing = f"{sent.method} {resource_name(urlsplit(sent.url).path)}"
            if status != 401:
                self._say(what, doing, number)
            super().sleep(settings, transport, response)

        def is_retry(self, settings: dict[str, Any], response: Any) -> bool:
            again = self._again(settings, response)
            if again and hasattr(response.http_response, "read"):
                response.http_response.read()  # an unread answer would keep its line
            return again

        def _again(self, settings: dict[str, Any], response: Any) -> bool:
            answer = response.http_response
            if answer.status_code == 401 and not settings["history"]:
                return True  # the policy below has dropped the token and asks for a new one
            if answer.status_code in (400, 401, 403, 404, 409, 412):
                return False
            if (self.get_retry_after(response) or 0) > self._timing.longest_pause_seconds:
                return False
            return bool(answer.status_code == 429 or super().is_retry(settings, response))

    return BoundedRetry


def quiet() -> None:
    """Libraries below write addresses with ids into their logs: not even into debug logs."""
    for name in ("azure", "msal", "msal_extensions", "urllib3"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


@contextmanager
def refusing(doing: str) -> Iterator[None]:
    """Whatever goes wrong with Azure while `doing` becomes one redacted sentence."""
    from azure.core.exceptions import (
        AzureError,
        HttpResponseError,
        ServiceRequestError,
        ServiceResponseError,
    )

    try:
        yield
    except (AzureRefused, SignInMissing):
        raise
    except HttpResponseError as error:
        fault = fault_of(error)
        raise AzureRefused(f"{doing}: {fault.sentence}", fault) from None
    except ServiceRequestError as error:
        raise AzureRefused(
            f"{doing}: Azure could not be reached ({_reason(error)}); check the network or proxy."
        ) from None
    except ServiceResponseError as error:
        raise VerdictUnknown(
            f"{doing}: the connection broke before the answer ({_reason(error)}); "
            "run it again: it looks at what is there before it does anything."
        ) from None
    except AzureError as error:
        raise AzureRefused(f"{doing}: {_reason(error)}.") from None
    except ValueError as error:
        raise AzureRefused(
            f"{doing}: the answer does not have the documented form ({type(error).__name__})."
        ) from None


def fault_of(error: Any) -> Fault:
    """The innermost fault of an error of the SDK."""
    response = getattr(error, "response", None)
    status = int(getattr(error, "status_code", 0) or 0)
    body: Any = None
    if response is not None:
        try:
            body = response.text()
        except Exception:
            body = None
    found = innermost(body, status)
    if found.code or found.target:
        return found
    code = getattr(getattr(error, "error", None), "code", "") or ""
    message = getattr(getattr(error, "error", None), "message", "") or str(error)
    if "invalid status" in message:
        message = f"HTTP {status}, without a reason"
    first = redacted(str(message)).splitlines()[:1]
    return Fault(str(code), first[0] if first else "", "", status)


def _reason(error: Exception) -> str:
    """The last words of a chain such as urllib3's, without addresses."""
    words = redacted(str(error)).split("Caused by")[-1].split(": ")[-1].strip(" '\")(>")
    return words[:120] or type(error).__name__
