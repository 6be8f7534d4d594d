"""Who asks, and plain requests: one, a list page by page, one that may find nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from apim_aks.remote.azure.answers import absent_as_none, as_json
from apim_aks.remote.azure.connection import SAFE, Connection, refusing
from apim_aks.remote.azure.refusal import AzureRefused, Json, resource_name
from apim_aks.remote.azure.signing_in import Identity, identity_of
from apim_aks.remote.azure.timing import Timing


class Requests:
    """Who asks, and plain requests to the Resource Manager."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @property
    def subscription(self) -> str:
        """The subscription; for building ids, never for showing."""
        return self.connection.subscription

    def identity(self) -> Identity:
        """Who is signed in, shortened.

        Raises:
            SignInMissing: nobody is.
        """
        token = self.connection.credential.get_token(self.connection.scope)
        return identity_of(token.token, self.subscription)

    @property
    def timing(self) -> Timing:
        """How long is waited, and how often something is tried."""
        return self.connection.timing

    def pause(self, seconds: float) -> None:
        """Wait."""
        self.connection.pause(seconds)

    def attempts(self, tries: int, pause: float) -> Iterator[int]:
        """The numbers of so many tries, with a pause in seconds between two of them."""
        for number in range(1, tries + 1):
            yield number
            if number < tries:
                self.pause(pause)

    def id(self, group: str, rest: str = "") -> str:
        """The id of a resource group, or of something in it."""
        tail = f"/providers/{rest}" if rest else ""
        return f"/subscriptions/{self.subscription}/resourceGroups/{group}{tail}"

    # Plain requests

    def send(
        self,
        method: str,
        path: str,
        version: str,
        body: Json | None = None,
        doing: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Json]:
        """One request to the Resource Manager, with these headers: status and JSON.

        Raises:
            AzureRefused: it was refused or did not arrive.
        """
        from azure.core.exceptions import HttpResponseError
        from azure.core.rest import HttpRequest

        address = self._address(path)
        query = {} if "api-version=" in address else {"api-version": version}
        request = HttpRequest(method, address, params=query, json=body, headers=dict(headers or {}))
        with refusing(doing or f"{method} {resource_name(path)}"):
            reading = {"retry_on_methods": SAFE} if method == "POST" else {}
            answer = self.connection.pipeline().send_request(request, **reading)
            if answer.status_code >= 400:
                raise HttpResponseError(response=answer)
            return answer.status_code, answer.json() if answer.content else {}

    def get(self, path: str, version: str) -> Json | None:
        """What is at a path; None where nothing is."""
        found: Json | None = absent_as_none(lambda: self.send("GET", path, version)[1])
        return found

    def _address(self, path: str) -> str:
        """An address at Azure: a token goes nowhere else, whatever an answer says."""
        if not path.startswith("https://"):
            return f"{self.connection.base_url}{path}"
        if _host(path) != _host(self.connection.base_url):
            raise AzureRefused("An answer leads to another host than Azure's; it is not followed.")
        return path

    def _found(self, ask: Callable[[], Any], doing: str) -> Json | None:
        with refusing(doing):
            found = absent_as_none(ask)
        return None if found is None else as_json(found)


def _host(address: str) -> tuple[str, str, int]:
    """Scheme, host and port, the port of the scheme where none is said."""
    split = urlsplit(address)
    return split.scheme, split.hostname or "", split.port or 443
