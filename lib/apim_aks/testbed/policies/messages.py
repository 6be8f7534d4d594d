"""Policies that change a message: headers, query parameters, variables, answers of their own."""

from __future__ import annotations

from dataclasses import replace

from apim_aks.facts import policy_default
from apim_aks.testbed.exchange import Headers
from apim_aks.testbed.policies.call import Answer, Call, World, same_name
from apim_aks.testbed.policies.failing import Ended
from apim_aks.testbed.policies.statement import Statement, worked_out


def set_variable(statement: Statement, call: Call, _: World) -> Call:
    """A variable of the call."""
    value = worked_out(statement.attributes["value"], call)
    return call.knowing(str(statement.attributes["name"]), value)


def set_request_header(statement: Statement, call: Call, _: World) -> Call:
    """A header of the request, in `inbound`."""
    return call.asking(headers=_changed(statement, call, call.request.headers))


def set_response_header(statement: Statement, call: Call, _: World) -> Call:
    """A header of the response, in `outbound` and `on-error`."""
    answer = call.response or Answer()
    headers = _changed(statement, call, answer.headers)
    return replace(call, response=replace(answer, headers=headers))


def _changed(statement: Statement, call: Call, headers: Headers) -> Headers:
    """The headers after `set-header`, of which some are not to be changed."""
    name, action = statement.said("name", call), statement.said("exists-action", call, "override")
    low = name.lower()
    if low in _names("headers-fixed") or (action == "delete" and low in _names("headers-kept")):
        return headers
    values = tuple((name, text) for text in statement.texts("value", call))
    there = any(key.lower() == low for key, _ in headers)
    if action == "append" or (action == "skip" and not there):
        return (*headers, *values)
    if action == "skip":
        return headers
    others = tuple(pair for pair in headers if pair[0].lower() != low)
    return others if action == "delete" else (*others, *values)


def _names(id: str) -> frozenset[str]:
    return frozenset(name.lower() for name in policy_default(id).names)


def set_query_parameter(statement: Statement, call: Call, _: World) -> Call:
    """The request without a parameter of its query."""
    name = statement.said("name", call)
    left = tuple(pair for pair in call.request.query if not same_name(pair[0], name))
    return call.asking(query=left)


def trace(statement: Statement, call: Call, _: World) -> Call:
    """What is written to the traces, beside source and severity."""
    said = {name: statement.said(name, call) for name in statement.attributes}
    metadata = {str(m.attributes["name"]): m.said("value", call) for m in statement.all("metadata")}
    message = " ".join(statement.texts("message", call))
    return replace(call, traced=(*call.traced, {**said, "message": message, **metadata}))


def return_response(statement: Statement, call: Call, _: World) -> Call:
    """An answer of the policy's own, built from nothing; what it asks is asked of the old one."""
    made = Answer()
    for child in statement.children:
        made = _BUILT[child.tag](child, call, made)
    raise Ended(made)


def _status(statement: Statement, call: Call, made: Answer) -> Answer:
    code, reason = int(statement.said("code", call)), statement.said("reason", call)
    return replace(made, status=code, reason=reason)


def _header(statement: Statement, call: Call, made: Answer) -> Answer:
    return replace(made, headers=_changed(statement, call, made.headers))


def _body(statement: Statement, call: Call, made: Answer) -> Answer:
    return replace(made, body=str(worked_out(statement.text, call)).encode())


_BUILT = {"set-status": _status, "set-header": _header, "set-body": _body}
