"""How a call ends before its time: with an answer of a policy, from the cache, or with an error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from apim_aks.facts.gateway_errors import gateway_error
from apim_aks.testbed.exchange import Headers
from apim_aks.testbed.policies.call import Answer, Call, LastError


class Ended(Exception):
    """A policy has given the answer: nothing else is carried out."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class FromCache(Exception):
    """The answer was kept: the rest of `inbound` and the back end are passed over."""

    def __init__(self, call: Call) -> None:
        super().__init__(call.id)
        self.call = call


class Failed(Exception):
    """The gateway refuses the call, or fails; `on-error` is carried out."""

    def __init__(
        self, id: str, *found: str, headers: Headers = (), code: int = 0, said: str = ""
    ) -> None:
        row = gateway_error(id)
        message = row.message.format(*found)
        super().__init__(message)
        self.error = LastError(row.reason, message)
        self.answer = told(code or row.code, said or message, headers)


def told(code: int, message: str, headers: Headers = ()) -> Answer:
    """The gateway's default error response: status and message in JSON."""
    body: Mapping[str, object] = {"statusCode": code, "message": message}
    return Answer(
        status=code,
        reason=reason_of(code),
        headers=(("Content-Type", "application/json"), *headers),
        body=json.dumps(body).encode(),
    )


def reason_of(code: int) -> str:
    """The usual words of a status; empty where it has none."""
    try:
        return HTTPStatus(code).phrase
    except ValueError:
        return ""
