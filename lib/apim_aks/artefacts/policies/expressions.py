"""Every policy expression that is used, each from a constant and rows of `data/`, never from input.

What an expression needs of the input reaches it through a context variable.
"""

from __future__ import annotations

from apim_aks.facts import policy_default

CORRELATION = "correlation-id"
"""The variable that holds the id of this call."""
CALLER = "caller-token"
"""The variable that holds the caller's token once it is validated."""
READ, WRITE = "permissions-to-read", "permissions-to-write"
"""The variables that hold the permissions for methods that change nothing, and for the others."""
SIGN_IN = "sign-in-operations"
"""The variable that holds the operations for which a caller can have no token yet."""
PATH = "back-end-path"
"""The variable that holds the path before the operation's own at the back end."""
TOKEN = "gateway-token"
"""The variable that holds the gateway's own token."""


def name(id: str) -> str:
    """The one name in the row of this id."""
    return policy_default(id).names[0]


def correlation_id() -> str:
    """The caller's id of this call where it is harmless, else the gateway's."""
    given = f'context.Request.Headers.GetValueOrDefault("{name("correlation-header")}", "")'
    pattern = policy_default("correlation-pattern").value.replace('"', '""')
    matches = f'System.Text.RegularExpressions.Regex.IsMatch({given}, @"{pattern}")'
    return f"@({matches} ? {given} : context.RequestId.ToString())"


def known_correlation_id() -> str:
    """The id of this call, also where the call failed before it was set."""
    return f"@({_correlation()})"


def _correlation() -> str:
    return (
        f'context.Variables.GetValueOrDefault<string>("{CORRELATION}", '
        "context.RequestId.ToString())"
    )


def bearer() -> str:
    """The gateway's token as the value of a header."""
    return f'@("Bearer " + context.Variables.GetValueOrDefault<string>("{TOKEN}", ""))'


ADDRESS = "@(context.Request.IpAddress)"
"""The address of the caller."""

STATUS = "@(context.Response?.StatusCode ?? 500)"
"""The status that the failed call would have ended with."""

STATUS_REASON = '@(context.Response?.StatusReason ?? "Internal Server Error")'
"""The reason phrase of that status."""

MUST_WAIT = '@(context.Response != null && context.Response.Headers.ContainsKey("Retry-After"))'
"""Whether the failed response has a Retry-After header."""

NOT_PROVEN = "@(context.Response?.StatusCode == 401)"
"""Whether the caller is not authenticated: no valid key, or no valid token."""

CHALLENGE = '@(context.Response.Headers.GetValueOrDefault("WWW-Authenticate", "Bearer"))'
"""The WWW-Authenticate header, which a response with status 401 must have."""

WAIT = '@(context.Response.Headers.GetValueOrDefault("Retry-After", ""))'
"""When the caller may try again."""


def may_keep() -> str:
    """The answer is a success, sets no cookie, and the Service does not forbid to keep it."""
    said = 'context.Response.Headers.GetValueOrDefault("Cache-Control", "").ToLowerInvariant()'
    return (
        "@(context.Response.StatusCode == 200 "
        '&& !context.Response.Headers.ContainsKey("Set-Cookie") '
        f"&& !new[] {{ {_listed('cache-forbidden')} }}.Any(word => {said}.Contains(word)))"
    )


def problem(status: int = 0, title: str = "") -> str:
    """A problem in JSON: status, title, the id of this call, and the reason where it is harmless.

    A failure of the gateway or of a back end (500 and above) gives no reason: its words tell
    what runs behind.
    """
    code = str(status) if status else "(context.Response?.StatusCode ?? 500)"
    words = f'"{title}"' if title else '(context.Response?.StatusReason ?? "Internal Server Error")'
    reason = '""' if status else f'{code} < 500 ? context.LastError?.Reason ?? "" : ""'
    return (
        '@(new JObject(new JProperty("type", "about:blank"), '
        f'new JProperty("title", {words}), '
        f'new JProperty("status", {code}), '
        f'new JProperty("reason", {reason}), '
        f'new JProperty("correlationId", {_correlation()})).ToString())'
    )


def not_permitted() -> str:
    """The caller's token holds none of the permissions of which this method needs one."""
    claims = _listed("permission-claims")
    reading = f"new[] {{ {_listed('methods-read')} }}.Contains(context.Request.Method)"
    held = f'((Jwt)context.Variables["{CALLER}"]).Claims.GetValueOrDefault(claim, "")'
    needed = f"({reading} ? {_variable(READ)} : {_variable(WRITE)})"
    return (
        f'@({needed} != "" && !new[] {{ {claims} }}'
        f".SelectMany(claim => {held}.Split(' ', ',')).Intersect({needed}.Split(' ')).Any())"
    )


def _none_of(variable: str) -> str:
    return (
        f'@(!context.Variables.GetValueOrDefault<string>("{variable}", "")'
        ".Split(' ').Contains(context.Operation.Id))"
    )


NEEDS_TOKEN = _none_of(SIGN_IN)
"""The operation is none of those at which callers sign in."""


def _variable(name: str) -> str:
    return f'context.Variables.GetValueOrDefault<string>("{name}", "")'


def _listed(id: str) -> str:
    return ", ".join(f'"{name}"' for name in policy_default(id).names)


_PREFIX = f'context.Variables.GetValueOrDefault<string>("{PATH}", "")'
_TEMPLATE = "context.Operation.UrlTemplate"
_CALLED = "context.Request.OriginalUrl.Path"

BACK_END_TEMPLATE = (
    f"@({_PREFIX} + "
    f'({_TEMPLATE} == "/" || {_TEMPLATE}.StartsWith("/?") '
    f"? {_TEMPLATE}.Substring(1) : {_TEMPLATE}))"
)
"""The operation's template behind the path of the back end; a template `/` adds nothing."""

BACK_END_PATH = (
    f"@{{ var rest = {_CALLED}.TrimStart('/')"
    ".Substring(context.Api.Path.Trim('/').Length).TrimStart('/'); "
    'var version = context.Api.Version ?? ""; '
    'if (version != "" && (rest + "/").StartsWith(version + "/")) '
    "{ rest = rest.Substring(version.Length).TrimStart('/'); } "
    f'return {_PREFIX} + (rest == "" && !{_CALLED}.EndsWith("/") ? "" : "/" + rest); }}'
)
"""The path that was called, without the API's own and its version, behind that of the back end.

A slash at its end stays, and none is added.
"""

_DECODED = '.Replace("%2e", ".").Replace("%2f", "/").Replace("%5c", "/").Replace("\\\\", "/")'

CLIMBS = f'@({_CALLED}.ToLowerInvariant(){_DECODED}.Contains("/.."))'
"""The path that was called tries to leave its folder, written plainly or in codes."""
