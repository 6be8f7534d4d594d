"""The way to the server of `arm_server` without a wire, but where something goes wrong on it."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

import requests
from azure.core.pipeline.transport import RequestsTransport
from requests import Response

from tests.support.arm_replay import response
from tests.support.arm_server import BOOKKEEPING, Arm, Fault, plain, respond

_BESIDE = re.compile(r"^https://[\w-]+\.vault\.azure\.net/")
"""A vault has an address of its own, and the same server answers there."""


class _Near(requests.Session):
    """Asks the server in this process; over TLS what a fault waits for, and what is not for it."""

    def __init__(self, arm: Arm) -> None:
        super().__init__()
        self.arm = arm

    def request(self, method: str, url: str, **more: Any) -> Response:  # type: ignore[override]
        url = _BESIDE.sub(f"{self.arm.base}/", url)
        if not url.startswith(f"{self.arm.base}/") or self._faulty(method, url):
            return super().request(method, url, **more)
        headers, body = more["headers"], more.get("data") or b""
        given = body if isinstance(body, bytes) else str(body).encode()
        writes = method not in ("GET", "HEAD")
        if writes:
            self.arm.moved_on()
        dies = self._dies(method, url)
        if dies and not self.arm.killed_after:
            raise KeyboardInterrupt
        found = respond(self.arm, method, url, headers, given)
        assert not isinstance(found, Fault)
        if writes:
            self.arm.moved_on()
        if dies:
            raise KeyboardInterrupt
        status, answer, told = found
        text = "" if answer is None else json.dumps(answer, default=str)
        kind = {"Content-Type": "application/json; charset=utf-8"}
        return response(url, status, kind | told, text)

    def _dies(self, method: str, url: str) -> bool:
        """The process ends at its so many-th request that writes, before it or after it."""
        if method in ("GET", "HEAD") or not self.arm.kill_at or re.search(BOOKKEEPING, url):
            return False
        self.arm.kill_at -= 1
        return self.arm.kill_at == 0

    def _faulty(self, method: str, url: str) -> bool:
        path = plain(urlsplit(url).path)
        return any(f.method == method and re.search(f.path, path, re.I) for f in self.arm.faults)


def near(arm: Arm, authority: str) -> RequestsTransport:
    """The SDK's own transport over such a session."""
    session = _Near(arm)
    made = RequestsTransport(session=session, connection_verify=authority, use_env_settings=False)
    made._init_session(session)
    return made
