"""Recorded traffic of other people played back to the real clients, whatever its format.

Requests are matched on method and path, in the order of the recording, the last answer repeats.
API versions differ between recording and SDK and are not compared.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml
from azure.core.pipeline.transport import HttpTransport, RequestsTransport
from requests import Response
from requests.structures import CaseInsensitiveDict

DROPPED = {"content-encoding", "transfer-encoding", "content-length"}
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DEPLOYMENT = re.compile(r"/deployments/[^/]+")


@dataclass(frozen=True)
class Exchange:
    """One recorded request with its answer."""

    method: str
    uri: str
    body: str
    status: int
    headers: dict[str, str]
    answer: str

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.uri).path)

    @property
    def key(self) -> tuple[str, str]:
        return key(self.method, self.uri)


def key(method: str, uri: str) -> tuple[str, str]:
    """What makes two requests the same: some recorders rename deployments in addresses."""
    path = re.sub("/{2,}", "/", unquote(urlsplit(uri).path)).lower().rstrip("/")
    return method.upper(), DEPLOYMENT.sub("/deployments/*", path)


def exchanges(path: Path) -> tuple[Exchange, ...]:
    """The exchanges of a recording in any of the four formats."""
    text = path.read_text(encoding="utf-8")
    held = json.loads(text) if path.suffix == ".json" else yaml.load(text, Loader=LOADER)
    if "Entries" in held:
        return tuple(_session(e) for e in held["Entries"])
    return tuple(_interaction(i) for i in held["interactions"])


def _session(entry: dict[str, Any]) -> Exchange:
    return Exchange(
        entry["RequestMethod"],
        entry["RequestUri"],
        entry.get("RequestBody") or "",
        int(entry["StatusCode"]),
        {k: ", ".join(v) for k, v in entry["ResponseHeaders"].items()},
        entry.get("ResponseBody") or "",
    )


def _interaction(held: dict[str, Any]) -> Exchange:
    request, response = held["request"], held["response"]
    status = response.get("code") or response["status"]
    body = response.get("body")
    if isinstance(body, dict):
        body = body.get("string", json.dumps(body.get("data")) if "data" in body else "")
    return Exchange(
        request["method"],
        request.get("uri") or request["url"],
        _text(request.get("body")),
        int(status["code"] if isinstance(status, dict) else status),
        {
            k: ", ".join(v) if isinstance(v, list) else str(v)
            for k, v in response["headers"].items()
        },
        _text(body),
    )


def _text(body: Any) -> str:
    if isinstance(body, bytes):
        return body.decode("utf-8", "replace")
    return "" if body is None else str(body)


@dataclass
class Replay(HttpTransport):  # type: ignore[type-arg]
    """A transport that answers from a recording and never waits."""

    recorded: tuple[Exchange, ...]
    slept: list[float] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.queues: dict[tuple[str, str], deque[Exchange]] = defaultdict(deque)
        for exchange in self.recorded:
            self.queues[exchange.key].append(exchange)
        # The real transport makes the response objects; its line is never opened.
        self.real = RequestsTransport(session=_Session(self), session_owner=False)

    def __enter__(self) -> Replay:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def open(self) -> None:
        return

    def close(self) -> None:
        return

    def sleep(self, duration: float) -> None:
        self.slept.append(duration)

    def send(self, request: Any, **options: Any) -> Any:
        return self.real.send(request, **options)

    def answer(self, method: str, uri: str) -> Exchange:
        wanted = key(method, uri)
        self.asked.append(wanted)
        queue = self.queues.get(wanted)
        if not queue:
            return Exchange(method, uri, "", 404, {}, json.dumps(missing(uri)))
        return queue.popleft() if len(queue) > 1 else queue[0]


def missing(uri: str) -> dict[str, Any]:
    return {"error": {"code": "NotRecorded", "message": f"{urlsplit(uri).path} was not recorded"}}


def response(url: str, status: int, headers: dict[str, str], text: str) -> Response:
    """What `requests` makes of an answer."""
    answer = Response()
    answer.status_code = status
    answer.headers = CaseInsensitiveDict(headers)
    answer.url = url
    answer._content = text.encode()
    answer.raw = _Raw(text.encode())  # type: ignore[assignment]
    answer.reason = ""
    return answer


class _Session:
    """What `requests` would have fetched."""

    def __init__(self, replay: Replay) -> None:
        self.replay = replay

    def request(self, method: str, url: str, **_: Any) -> Response:
        found = self.replay.answer(method, url)
        kept = {k: v for k, v in found.headers.items() if k.lower() not in DROPPED}
        return response(url, found.status, kept, found.answer)

    def close(self) -> None:
        return


class _Raw:
    """The little that a response asks of its line."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.enforce_content_length = False

    def read(self, *_: Any, **__: Any) -> bytes:
        content, self.content = self.content, b""
        return content

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        if self.content:
            yield self.read()

    def close(self) -> None:
        return

    def release_conn(self) -> None:
        return


def recordings(folder: Path) -> tuple[Path, ...]:
    """Every recording of the corpora."""
    found = (folder / "arm-recordings").rglob("*")
    return tuple(sorted(p for p in found if p.suffix in (".json", ".yaml")))
