"""Each policy does what its page in Microsoft's policy reference, or their toolkit's tests, say.

https://learn.microsoft.com/azure/api-management/api-management-policies and
https://github.com/Azure/azure-api-management-policy-toolkit (test/Test.Testing/Emulator/Policies).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from apim_aks.testbed.exchange import Response, header
from apim_aks.testbed.policies import Passage
from tests.support.gateway_scenes import (
    AUDIENCE,
    ENTRA,
    METADATA,
    NOW,
    ORDERS,
    TENANT,
    TO_ORDERS,
    Scene,
    bearer,
    claims,
    entra_claims,
    policies,
    private_key,
    scene,
    token,
)

FORWARD = '<set-backend-service backend-id="orders" />'


def guarded(*statements: str) -> Scene:
    return scene(policies("<base />" + "".join(statements) + FORWARD))


def message(done: Passage) -> tuple[int, str, str]:
    """Status, message and reason of an answer of the gateway where no policy gives another."""
    told = json.loads(done.response.body)
    assert told["statusCode"] == done.response.status
    assert done.response.header("Content-Type") == "application/json"
    return done.response.status, told["message"], done.error.reason if done.error else ""


def arrived(done: Passage) -> str:
    assert done.response.status == 200, done.response.body
    return done.sent[0].url


# Order of scopes: set-edit-policies; PolicyPipelineTests.cs


def marked(name: str, section: str) -> str:
    """The scope's name before and behind what the scope around it does."""
    one = f'<set-header name="X-Seen" exists-action="append"><value>{name}{{}}</value></set-header>'
    around = f"{one.format('+')}<base />{one.format('-')}"
    if section == "inbound":
        return policies(inbound=around + (FORWARD if name == "api" else ""))
    return policies(inbound=TO_ORDERS if name == "api" else "", **{section: around})


@pytest.mark.parametrize("section", ["inbound", "outbound", "on_error"])
def test_base_is_where_the_scope_around_is_carried_out(section: str) -> None:
    documents = {
        "service": policies("<!-- -->", "<forward-request />", "<!-- -->", "<!-- -->").replace(
            f"<{section.replace('_', '-')}><!-- -->",
            f'<{section.replace("_", "-")}><set-header name="X-Seen" exists-action="append">'
            "<value>service</value></set-header>",
        ),
        "product_shop": marked("product", section),
        "api_orders": marked("api", section),
        "operation_list": marked("operation", section),
    }
    at = scene(documents.pop("api_orders"), None, **documents)
    if section == "on_error":
        at.answers = refuse
    done = at.call()
    headers = done.sent[0].headers if section == "inbound" else done.response.headers
    assert header(headers, "X-Seen").split(", ") == [
        *("operation+", "api+", "product+", "service", "product-", "api-", "operation-")
    ]


def refuse(_: object) -> Response:
    raise ConnectionRefusedError("nobody listens")


def test_without_base_the_scope_around_is_not_carried_out() -> None:
    strict = policies('<ip-filter action="forbid"><address>192.0.2.9</address></ip-filter>')
    inside = policies(FORWARD)
    assert scene(inside, product_shop=strict).call().response.status == 200
    assert scene(policies(TO_ORDERS), product_shop=strict).call().response.status == 403


def test_a_section_that_is_missing_carries_nothing_out() -> None:
    bare = f"<policies><inbound>{TO_ORDERS}</inbound></policies>"
    done = scene(bare).call()
    assert (done.response.status, done.sent) == (200, ()), "no backend section: nothing is sent"


# Keys: api-management-subscriptions


@pytest.mark.parametrize(
    ("headers", "query", "reason"),
    [
        ((("Ocp-Apim-Subscription-Key", "second-key"),), "", ""),
        ((("ocp-apim-subscription-key", "second-key"),), "", ""),
        ((), "?subscription-key=second-key", ""),
        ((), "", "SubscriptionKeyNotFound"),
        ((("Ocp-Apim-Subscription-Key", "wrong"),), "", "SubscriptionKeyInvalid"),
        ((("Ocp-Apim-Subscription-Key", "key-of-others"),), "", "SubscriptionKeyInvalid"),
        ((("Ocp-Apim-Subscription-Key", "key-of-paused"),), "", "SubscriptionKeyInvalid"),
        (
            (("Ocp-Apim-Subscription-Key", "wrong"),),
            "?subscription-key=second-key",
            "SubscriptionKeyInvalid",
        ),
    ],
)
def test_a_key_opens_the_apis_of_its_product(headers: Any, query: str, reason: str) -> None:
    done = scene().call(f"/orders{query}", headers=headers)
    assert done.response.status == (401 if reason else 200)
    assert (done.error.reason if done.error else "") == reason
    shown = done.response.header("WWW-Authenticate")
    assert shown.startswith("AzureApiManagementKey realm=") == bool(reason)


def test_the_sentences_about_keys_are_those_of_the_documentation() -> None:
    status, said, _ = message(scene().call(headers=()))
    assert (status, said.split(".")[0]) == (
        401,
        "Access denied due to missing subscription key",
    )


@pytest.mark.parametrize(
    ("product", "api", "status"),
    [(True, True, 401), (True, False, 200), (False, True, 200), (False, False, 200)],
)
def test_without_a_key_only_what_is_open_is_reached(product: bool, api: bool, status: int) -> None:
    """The summary table of the page about subscriptions."""
    shop = replace(ORDERS.products[0], needs_key=product)
    orders = replace(ORDERS.apis[0], needs_key=api)
    at = scene(gateway=replace(ORDERS, products=(shop,), apis=(orders,)))
    assert at.call(headers=()).response.status == status


# Matching: add-api-manually, api-management-howto-api-... ; OperationNotFound


@pytest.mark.parametrize(
    ("path", "method", "arrives"),
    [
        ("/orders", "GET", "https://orders.example/"),
        ("/orders/", "GET", "https://orders.example/"),
        ("/ORDERS/5", "GET", "https://orders.example/5"),
        ("/orders/open", "GET", "https://orders.example/open"),
        ("/orders/a%20b", "GET", "https://orders.example/a%20b"),
        ("/orders/files/a%2fb", "GET", "https://orders.example/files/a/b"),
        ("/orders/files/a%252Fb", "GET", "https://orders.example/files/a%252Fb"),
        ("/orders/a%2Fb", "GET", ""),
        ("/orders/find?q=x&page=2", "GET", "https://orders.example/find?q=x&page=2"),
        ("/orders/files/a/b", "GET", "https://orders.example/files/a/b"),
        ("/orders", "POST", "https://orders.example/"),
        ("/orders/5/6", "GET", ""),
        ("/orders/5", "POST", ""),
        ("/orders/files", "POST", ""),
        ("/ordersx", "GET", ""),
        ("/", "GET", ""),
    ],
)
def test_an_operation_is_found_by_method_and_template(path: str, method: str, arrives: str) -> None:
    done = scene().call(path, method)
    assert done.response.status == (200 if arrives else 404)
    assert [s.url for s in done.sent] == [arrives] * bool(arrives)
    if not arrives:
        assert message(done) == (
            404,
            "Unable to match incoming request to an operation.",
            "OperationNotFound",
        )


def test_a_version_is_a_part_of_the_path_and_the_longest_path_counts() -> None:
    first = replace(ORDERS.apis[0], version="v1")
    inner = replace(ORDERS.apis[0], id="inner", path="orders/v1/inner")
    at = scene(gateway=replace(ORDERS, apis=(first, inner)))
    assert arrived(at.call("/orders/v1/5")) == "https://orders.example/5"
    assert at.call("/orders/5").response.status == 404
    assert at.call("/orders/v1/inner/5").response.status == 401, "another API: not in the product"


def test_http_matches_no_api_that_is_for_https() -> None:
    assert scene().call(scheme="http").response.status == 404


# set-header, set-query-parameter, set-variable: SetHeaderTests.cs, ReturnResponseTests.cs


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [
        ("", "old", "new"),
        ("override", "old", "new"),
        ("append", "old", "old, new"),
        ("skip", "old", "old"),
        ("skip", "", "new"),
        ("delete", "old", ""),
        ("append", "", "new"),
    ],
)
def test_a_header_is_set_as_its_action_says(action: str, before: str, after: str) -> None:
    said = f'exists-action="{action}"' if action else ""
    at = guarded(f'<set-header name="x-it" {said}><value>new</value></set-header>')
    done = at.keyed("/orders", *[("X-It", before)] * bool(before))
    assert header(done.sent[0].headers, "X-It") == after


def test_all_values_of_an_overridden_header_are_set() -> None:
    both = "<value>value-1</value><value>value-2</value>"
    at = guarded(f'<set-header name="X-It" exists-action="override">{both}</set-header>')
    done = at.keyed("/orders", ("X-It", "old"))
    assert header(done.sent[0].headers, "X-It") == "value-1, value-2"


def test_some_headers_no_policy_takes_away() -> None:
    """The limitations on the page of set-header."""
    gone = "".join(
        f'<set-header name="{n}" exists-action="delete" />' for n in ("Server", "X-Powered-By")
    )
    at = scene(policies(TO_ORDERS, outbound=gone))
    at.answers = lambda _: Response(200, (("Server", "x"), ("X-Powered-By", "y")))
    assert at.call().response.headers == (("Server", "x"),)


def test_a_parameter_of_the_query_is_taken_away() -> None:
    at = guarded('<set-query-parameter name="subscription-key" exists-action="delete" />')
    url = arrived(at.call("/orders?a=1&subscription-key=second-key&b=%20", headers=()))
    assert url == "https://orders.example/?a=1&b=%20"


def test_a_variable_is_known_from_then_on() -> None:
    value = "@(context.Variables.GetValueOrDefault&lt;string&gt;(&quot;it&quot;, &quot;none&quot;))"
    header_ = f'<set-header name="X-It"><value>{value}</value></set-header>'
    named = '<set-variable name="it" value="known" />'
    seen = [guarded(*parts).call().sent[0] for parts in ((header_,), (named, header_))]
    assert [header(s.headers, "X-It") for s in seen] == ["none", "known"]


# check-header: CheckHeaderTests.cs


@pytest.mark.parametrize(
    ("sent", "ignoring", "reason"),
    [
        ("Right", "false", ""),
        ("RIGHT", "true", ""),
        ("RIGHT", "false", "HeaderValueNotAllowed"),
        ("other", "true", "HeaderValueNotAllowed"),
        ("", "true", "HeaderNotFound"),
    ],
)
def test_a_header_is_checked(sent: str, ignoring: str, reason: str) -> None:
    at = guarded(
        '<check-header name="X-It" failed-check-httpcode="401" '
        f'failed-check-error-message="Not so." ignore-case="{ignoring}">'
        "<value>Left</value><value>Right</value></check-header>"
    )
    done = at.keyed("/orders", *[("x-it", sent)] * bool(sent))
    if reason:
        assert message(done) == (401, "Not so.", reason)
    else:
        assert done.response.status == 200


# ip-filter: IpFilterTests.cs

RANGES = (
    "<address>2001:db8::1</address><address>192.0.2.10</address>"
    '<address-range from="192.0.2.20" to="192.0.2.30" />'
)


@pytest.mark.parametrize(
    ("address", "listed"),
    [
        ("192.0.2.10", True),
        ("192.0.2.20", True),
        ("192.0.2.30", True),
        ("192.0.2.31", False),
        ("192.0.2.19", False),
        ("2001:0DB8:0:0:0:0:0:1", True),
        ("::ffff:192.0.2.25", True),
        ("::192.0.2.10", False),
    ],
)
@pytest.mark.parametrize("action", ["allow", "forbid"])
def test_addresses_are_filtered(action: str, address: str, listed: bool) -> None:
    at = guarded(f'<ip-filter action="{action}">{RANGES}</ip-filter>')
    done = at.call(client_address=address)
    assert (done.response.status == 200) == ((action == "allow") == listed)
    if done.error:
        assert (
            message(done)[2] == {"allow": "CallerIpNotAllowed", "forbid": "CallerIpBlocked"}[action]
        )


def test_an_address_that_is_none_is_refused() -> None:
    at = guarded(f'<ip-filter action="forbid">{RANGES}</ip-filter>')
    assert message(at.call(client_address="not-an-ip"))[2] == "FailedToParseCallerIP"


# rate-limit, rate-limit-by-key, quota: RateLimitTests.cs, RateLimitByKeyTests.cs, QuotaTests.cs


def test_a_rate_is_counted_in_a_window_that_moves() -> None:
    """RenewsSlidingCallsWithInjectedClock: two calls in 60 s, at 0, 30, 60 and 60."""
    at = guarded('<rate-limit calls="2" renewal-period="60" />')
    statuses = []
    for seconds in (0, 30, 60, 60):
        at.now = NOW + seconds
        statuses.append(at.call().response.status)
    assert statuses == [200, 200, 200, 429]
    done = at.call()
    assert message(done) == (429, "Rate limit is exceeded", "RateLimitExceeded")
    assert done.response.header("Retry-After") == "30"


def test_a_rate_is_renewed_at_the_boundary_and_the_wait_is_rounded_up() -> None:
    """RenewsAtExactBoundaryAndRoundsRetryUp: one call in 60 s, at 0, 59.1 and 60."""
    at = guarded('<rate-limit calls="1" renewal-period="60" />')
    at.call()
    at.now = NOW + 59.1
    assert at.call().response.header("Retry-After") == "1"
    at.now = NOW + 60
    assert at.call().response.status == 200


def test_a_rate_by_key_is_one_counter_wherever_it_is_named() -> None:
    """The page: for each key value, a single counter is used for all scopes."""
    counted = '<rate-limit-by-key calls="3" renewal-period="60" counter-key="all" />'
    at = scene(policies(counted + TO_ORDERS), product_shop=policies(counted + "<base />"))
    assert [at.call().response.status for _ in range(2)] == [200, 429]


def test_a_rate_by_subscription_passes_over_callers_without_a_key() -> None:
    open_ = replace(ORDERS, apis=(replace(ORDERS.apis[0], needs_key=False),))
    limited = policies('<rate-limit calls="1" renewal-period="60" />' + TO_ORDERS)
    at = scene(limited, gateway=open_)
    assert [at.call(headers=()).response.status for _ in range(3)] == [200, 200, 200]
    assert [at.call().response.status for _ in range(2)] == [200, 429]


def test_a_rate_by_key_is_counted_for_each_address() -> None:
    at = guarded(
        '<rate-limit-by-key calls="1" renewal-period="60" '
        'counter-key="@(context.Request.IpAddress)" />'
    )
    calls = [at.call(client_address=a).response.status for a in ("192.0.2.1", "192.0.2.2") * 2]
    assert calls == [200, 200, 429, 429]


def test_a_quota_begins_with_its_subscription() -> None:
    """AlignsRenewalToSubscriptionStartAndRoundsRetryUp: it began 50 s ago, a period is 300 s."""
    at = guarded('<quota calls="1" renewal-period="300" />')
    assert at.call().response.status == 200
    at.now = NOW + 249.1
    done = at.call()
    assert message(done) == (
        403,
        "Out of call volume quota. Quota will be replenished in 00:00:01.",
        "QuotaExceeded",
    )
    assert done.response.header("Retry-After") == "1"
    at.now = NOW + 250
    assert at.call().response.status == 200


def test_a_quota_for_ever_names_no_time() -> None:
    at = guarded('<quota calls="1" renewal-period="0" />')
    at.call()
    at.now += 3e9
    done = at.call()
    assert (done.response.status, done.response.header("Retry-After")) == (403, "")


# validate-jwt: ValidateJwtTests.cs; validate-azure-ad-token: ValidateAzureAdTokenTests.cs

JWT = (
    '<validate-jwt header-name="Authorization" require-scheme="Bearer" '
    'require-expiration-time="true" require-signed-tokens="true" '
    'output-token-variable-name="caller-token">'
    f'<openid-config url="{METADATA}" />'
    f"<audiences><audience>{AUDIENCE}</audience></audiences>"
    "{issuers}</validate-jwt>"
)
ISSUERS = "<issuers><issuer>https://issuer.example/a</issuer></issuers>"
ENTRA_TOKEN = (
    f'<validate-azure-ad-token tenant-id="{TENANT}" output-token-variable-name="caller-token">'
    f"<audiences><audience>{AUDIENCE}</audience></audiences></validate-azure-ad-token>"
)
FIRST_VERSION = {"iss": f"https://sts.windows.net/{TENANT}/", "ver": "1.0"}


def unsigned() -> str:
    return jwt.encode(claims(), "", "none")


def confused() -> str:
    """Signed with HS256, the public key as the secret, which the library would not sign."""
    head, payload, _ = token().split(".")
    head = _unpadded(json.dumps({"alg": "HS256", "kid": "first"}).encode())
    secret = (
        private_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    signature = hmac.new(secret, f"{head}.{payload}".encode(), hashlib.sha256).digest()
    return f"{head}.{payload}.{_unpadded(signature)}"


def _unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def tampered() -> str:
    head, _, signature = token().split(".")
    _, payload, _ = token(sub="mallory").split(".")
    return f"{head}.{payload}.{signature}"


TOKENS: dict[str, tuple[Callable[[], str], str]] = {
    "good": (token, ""),
    "several audiences": (lambda: token(aud=["other", AUDIENCE]), ""),
    "not yet ended": (lambda: token(exp=NOW + 1), ""),
    "just begun": (lambda: token(nbf=NOW), ""),
    "another algorithm of the key": (lambda: token(algorithm="RS512"), ""),
    "no token": (str, "TokenNotPresent"),
    "no JWT": (lambda: "not-a-jwt", "JwtInvalid"),
    "alg none": (unsigned, "TokenSignatureKeyNotFound"),
    "algorithm confusion": (confused, "TokenSignatureKeyNotFound"),
    "tampered": (tampered, "TokenSignatureInvalid"),
    "another key under the same id": (
        lambda: jwt.encode(claims(), private_key("second"), "RS256", {"kid": "first"}),
        "TokenSignatureInvalid",
    ),
    "a key that nobody publishes": (lambda: token("second"), "TokenSignatureKeyNotFound"),
    "expired": (lambda: token(exp=NOW), "TokenExpired"),
    "no expiry": (lambda: token(exp=None), "JwtInvalid"),
    "not yet valid": (lambda: token(nbf=NOW + 1), "JwtInvalid"),
    "no number as time": (lambda: token(nbf="soon"), "JwtInvalid"),
    "wrong audience": (lambda: token(aud="api://other"), "TokenAudienceNotAllowed"),
    "no audience": (lambda: token(aud=None), "TokenAudienceNotAllowed"),
    "wrong issuer": (lambda: token(iss="https://other.example"), "TokenIssuerNotAllowed"),
}


@pytest.mark.parametrize("issuers", [ISSUERS, ""], ids=["named", "of the provider"])
@pytest.mark.parametrize(("made", "reason"), TOKENS.values(), ids=TOKENS)
def test_a_token_is_validated(issuers: str, made: Callable[[], str], reason: str) -> None:
    at = guarded(JWT.replace("{issuers}", issuers))
    shown = made()
    done = at.keyed("/orders", *[("Authorization", f"bEaReR {shown}")] * bool(shown))
    assert done.response.status == (401 if reason else 200)
    assert (done.error.reason if done.error else "") == reason
    assert bool(done.sent) == (not reason)


@pytest.mark.parametrize("scheme", ["Basic ", "", "Bearer "])
def test_another_scheme_or_none_is_no_token(scheme: str) -> None:
    shown = token() if scheme != "Bearer " else ""
    done = guarded(JWT.replace("{issuers}", "")).keyed("/orders", ("Authorization", scheme + shown))
    assert done.response.status == 401


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        (FIRST_VERSION, ""),
        ({"tid": None}, "TokenIssuerNotAllowed"),
        ({"tid": "22222222-3333-4444-8555-666666666666"}, "TokenIssuerNotAllowed"),
        ({"iss": "https://attacker.example"}, "TokenIssuerNotAllowed"),
        ({"iss": ENTRA.replace(".com/", ".com.attacker.example/")}, "TokenIssuerNotAllowed"),
        ({"ver": "3.0"}, "TokenIssuerNotAllowed"),
        ({"ver": "1.0"}, "TokenIssuerNotAllowed"),
        ({"aud": "api://other"}, "TokenAudienceNotAllowed"),
        ({"exp": NOW - 1}, "TokenExpired"),
        ({"exp": None}, "JwtInvalid"),
        ({"nbf": NOW + 1}, "JwtInvalid"),
        ({"key": "second"}, "TokenSignatureKeyNotFound"),
    ],
)
def test_a_token_of_entra_id_is_validated(changes: dict[str, Any], reason: str) -> None:
    done = guarded(ENTRA_TOKEN).keyed("/orders", *bearer(**{**entra_claims(), **changes}))
    assert done.response.status == (401 if reason else 200)
    assert (done.error.reason if done.error else "") == reason


def test_a_tenant_that_is_named_by_its_domain_is_the_one_in_its_metadata() -> None:
    named = ENTRA_TOKEN.replace(TENANT, "contoso.example")
    for tenant, status in ((TENANT, 200), ("contoso.example", 401)):
        at = guarded(named)
        at.canonical = {"contoso.example": TENANT}
        done = at.keyed("/orders", *bearer(**entra_claims(tenant)))
        assert done.response.status == status


def test_keys_are_read_anew_after_an_hour_or_for_a_new_key_after_five_minutes() -> None:
    """The cache of openid-config, as the page of validate-jwt describes it."""
    at = guarded(JWT.replace("{issuers}", ISSUERS))
    assert at.keyed("/orders", *bearer()).response.status == 200
    at.keys = ("first", "second")
    statuses = []
    for seconds in (10, 299, 301):
        at.now = NOW + seconds
        statuses.append(at.keyed("/orders", *bearer(key="second", exp=NOW + 9e3)).response.status)
    assert statuses == [401, 401, 200]
    at.keys = ("second",)
    at.now = NOW + 302 + 3600
    assert at.keyed("/orders", *bearer(exp=NOW + 9e3)).response.status == 401


def test_without_its_provider_no_token_is_taken() -> None:
    at = guarded(JWT.replace("{issuers}", ISSUERS))
    at.keys = ()
    assert at.keyed("/orders", *bearer()).response.status == 401


# cache-lookup, cache-store: CacheStoreTests.cs

LOOKUP = (
    '<cache-lookup vary-by-developer="false" vary-by-developer-groups="false" '
    'allow-private-response-caching="{private}" downstream-caching-type="none">'
    "<vary-by-header>Accept</vary-by-header><vary-by-header>Authorization</vary-by-header>"
    "</cache-lookup>"
)


def keeping(private: str = "true") -> Scene:
    lookup = LOOKUP.format(private=private)
    at = scene(policies(TO_ORDERS + lookup, outbound='<cache-store duration="60" /><base />'))
    at.answers = lambda sent: Response(200, (), f"{len(at.sent)}".encode())
    return at


def test_an_answer_is_kept_for_the_same_request_and_for_so_long() -> None:
    at = keeping()
    asked = ["/orders", "/orders", "/orders?a=1", "/orders/5", "/orders"]
    assert [at.call(p).response.body for p in asked] == [b"1", b"1", b"2", b"3", b"1"]
    at.now += 59
    assert at.call().response.body == b"1"
    at.now += 1
    assert at.call().response.body == b"4", "kept for 60 seconds from when it was stored"


def test_an_answer_is_kept_for_the_headers_that_it_may_depend_on() -> None:
    at = keeping()
    shown = [("Accept", "a"), ("Accept", "b"), ("Accept", "a"), ("Authorization", "x")]
    assert [at.keyed("/orders", s).response.body for s in shown] == [b"1", b"2", b"1", b"3"]


def test_a_private_answer_is_kept_only_where_that_is_allowed() -> None:
    at = keeping("false")
    assert [at.keyed("/orders", ("Authorization", "x")).response.body for _ in "12"] == [b"1", b"2"]


@pytest.mark.parametrize(("method", "status"), [("GET", 401), ("POST", 200)])
def test_neither_a_failure_nor_a_post_is_kept(method: str, status: int) -> None:
    at = keeping()
    at.answers = lambda _: Response(status)
    for _ in range(2):
        at.call(method=method)
    assert len(at.sent) == 2


# choose, return-response: ReturnResponseTests.cs


def test_the_first_branch_that_holds_is_carried_out() -> None:
    def named(name: str) -> str:
        return f'<set-header name="X-It" exists-action="append"><value>{name}</value></set-header>'

    at = guarded(
        '<choose><when condition="@(context.Request.Method == &quot;POST&quot;)">'
        f'{named("first")}</when><when condition="@(context.Operation.Id == &quot;get&quot;)">'
        f"{named('second')}</when><otherwise>{named('third')}</otherwise></choose>"
    )
    calls = (("/orders", "POST"), ("/orders/5", "GET"), ("/orders", "GET"))
    seen = [header(at.call(p, m).sent[0].headers, "X-It") for p, m in calls]
    assert seen == ["first", "second", "third"]


def test_an_answer_of_a_policy_starts_from_nothing_and_ends_the_call() -> None:
    given = (
        '<return-response><set-status code="206" reason="Partial Content" />'
        '<set-header name="X-It" exists-action="override"><value>new</value></set-header>'
        "<set-body>expressed body</set-body></return-response>"
    )
    other = '<set-header name="X-After"><value>x</value></set-header>'
    done = scene(policies(given + FORWARD, outbound=other)).call()
    assert (done.response.status, done.response.body) == (206, b"expressed body")
    assert (done.response.headers, done.sent) == ((("X-It", "new"),), ())
    at = scene(policies(TO_ORDERS, outbound=given))
    assert at.call().response.headers == (("X-It", "new"),), "nothing of the back end's is left"


# rewrite-uri: its page, RewriteUriTests.cs


@pytest.mark.parametrize(
    ("path", "template", "copies", "arrives"),
    [
        ("/orders/5", "/api/v2/resource", "", "/api/v2/resource"),
        ("/orders/5", "/api/users/{id}", "", "/api/users/5"),
        ("/orders/a%20b", "/api/users/{id}", "", "/api/users/a%20b"),
        ("/orders/find?q=b&c=d", "/put", "", "/put?c=d"),
        ("/orders/find?q=b&c=d", "/put", "true", "/put?c=d"),
        ("/orders/find?q=b&c=d", "/put", "false", "/put"),
        ("/orders?a=1&b=2", "/api/resource?b=override", "true", "/api/resource?b=override&a=1"),
        ("/orders/find?q=x", "/test?param={q}&amp;y=t", "", "/test?param=x&y=t"),
        (
            "/orders/5",
            "/api/resource?filter=active&amp;sort=name",
            "",
            "/api/resource?filter=active&sort=name",
        ),
    ],
)
def test_a_path_is_rewritten(path: str, template: str, copies: str, arrives: str) -> None:
    said = f'copy-unmatched-params="{copies}"' if copies else ""
    at = guarded(f'<rewrite-uri template="{template}" {said} />')
    assert arrived(at.call(path)) == f"https://orders.example{arrives}"


def test_a_parameter_that_the_operation_does_not_have_is_an_error() -> None:
    done = guarded('<rewrite-uri template="/{version}/{id}" />').call("/orders/5")
    assert message(done)[::2] == (500, "ExpressionValueEvaluationFailure")


# back ends: set-backend-service, authentication-*, forward-request, backends


def test_a_call_goes_to_the_back_end_with_what_the_gateway_shows() -> None:
    at = scene(
        policies(
            '<base /><set-backend-service backend-id="new" />'
            '<authentication-certificate certificate-id="gateway-client" />'
            '<authentication-managed-identity resource="api://it" '
            'output-token-variable-name="gateway-token" ignore-error="false" />'
            '<set-header name="X-Own"><value>@("Bearer " + context.Variables'
            '.GetValueOrDefault&lt;string&gt;("gateway-token", ""))</value></set-header>'
        )
    )
    done = at.call(
        "/orders/5",
        body=b"{}",
        headers=(("Ocp-Apim-Subscription-Key", "second-key"), ("Connection", "x")),
    )
    (sent,) = done.sent
    assert (sent.url, sent.certificate, sent.body) == (
        "http://new.example/base/5",
        "gateway-client",
        b"{}",
    )
    assert header(sent.headers, "X-Own") == "Bearer token-for-api://it"
    assert header(sent.headers, "Host") == "new.example"
    assert header(sent.headers, "Connection") == ""


def test_a_pool_divides_calls_by_weight() -> None:
    at = scene(policies('<base /><set-backend-service backend-id="both" />'))
    seen = []
    for chance in (0.0, 0.74, 0.76, 0.99):
        at.chance = chance
        seen.append(arrived(at.call()).split("/")[2].split(".")[0])
    assert seen == ["orders", "orders", "new", "new"]


@pytest.mark.parametrize(
    ("said", "seconds"), [("", 300), ('timeout="30"', 30), ('timeout-ms="1500"', 1.5)]
)
def test_the_time_out_is_that_of_the_policy(said: str, seconds: float) -> None:
    at = scene(policies(TO_ORDERS, f'<forward-request {said} buffer-response="false" />'))
    assert at.call().sent[0].timeout == seconds


@pytest.mark.parametrize(
    ("raised", "status", "reason"),
    [
        (TimeoutError(), 500, "Timeout"),
        (ConnectionRefusedError("refused"), 500, "BackendConnectionFailure"),
    ],
)
def test_a_back_end_that_does_not_answer(raised: Exception, status: int, reason: str) -> None:
    def fail(_: object) -> Response:
        raise raised

    at = scene()
    at.answers = fail
    assert message(at.call())[::2] == (status, reason)


# cors: CorsTests.cs

CORS = (
    '<cors allow-credentials="{credentials}" terminate-unmatched-request="{terminate}">'
    "<allowed-origins>{origins}</allowed-origins>"
    '<allowed-methods preflight-result-max-age="600"><method>GET</method><method>POST</method>'
    "</allowed-methods><allowed-headers><header>X-Test</header><header>Content-Type</header>"
    "</allowed-headers><expose-headers><header>X-Visible</header></expose-headers></cors>"
)
PAGE = "https://allowed.example"


def sharing(origin: str = PAGE, credentials: str = "true", terminate: str = "true") -> Scene:
    origins = f"<origin>{origin}</origin>"
    given = CORS.format(origins=origins, credentials=credentials, terminate=terminate)
    return scene(policies(given + TO_ORDERS))


def beforehand(at: Scene, origin: str = PAGE, method: str = "POST", headers: str = "") -> Response:
    asked = (
        ("Origin", origin),
        ("Access-Control-Request-Method", method),
        *[("Access-Control-Request-Headers", headers)] * bool(headers),
    )
    return at.call("/orders", "OPTIONS", headers=asked).response


def test_a_browser_that_asks_beforehand_is_told_what_it_may_send() -> None:
    at = sharing()
    answer = beforehand(at, headers="x-test, CONTENT-TYPE")
    assert (answer.status, answer.body, at.sent) == (200, b"", [])
    assert dict(answer.headers) == {
        "Access-Control-Allow-Origin": PAGE,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Methods": "GET,POST",
        "Access-Control-Allow-Headers": "X-Test,Content-Type",
        "Access-Control-Max-Age": "600",
    }


@pytest.mark.parametrize("terminate", ["true", "false"])
@pytest.mark.parametrize(
    "asked",
    [
        {"origin": "https://denied.example"},
        {"origin": f"{PAGE}:8443"},
        {"origin": "http://allowed.example"},
        {"origin": "not an origin"},
        {"origin": f"{PAGE}.attacker.example"},
        {"origin": f"{PAGE}, {PAGE}"},
        {"origin": "null"},
        {"headers": "X-Forbidden"},
        {"headers": "X-Test, X-Forbidden"},
        {"headers": "X-Test,,Content-Type"},
    ],
)
def test_what_is_not_allowed_is_told_nothing(asked: dict[str, str], terminate: str) -> None:
    answer = beforehand(sharing(terminate=terminate), **asked)
    assert (answer.status, answer.headers, answer.body) == (200, (), b"")


def test_no_operation_of_the_method_no_answer_beforehand() -> None:
    assert beforehand(sharing(), method="DELETE").status == 404
    assert beforehand(scene()).status == 404, "no policy says anything of web pages"


@pytest.mark.parametrize(
    ("allowed", "origin"),
    [
        ("https://ALLOWED.example", "https://allowed.example"),
        ("https://allowed.example:443/", "https://allowed.example"),
        ("https://allowed.example/", "https://allowed.example:443"),
    ],
)
def test_an_origin_is_scheme_host_and_port(allowed: str, origin: str) -> None:
    done = sharing(allowed).keyed("/orders", ("Origin", origin))
    assert done.response.header("Access-Control-Allow-Origin") == origin


def test_an_answer_to_a_page_goes_with_the_headers_for_it_and_no_others() -> None:
    done = sharing().keyed("/orders", ("Origin", PAGE))
    names = {n for n, _ in done.response.headers if n.startswith("Access-Control")}
    assert names == {
        "Access-Control-Allow-Origin",
        "Access-Control-Allow-Credentials",
        "Access-Control-Expose-Headers",
    }
    assert done.response.body == b"fine"


@pytest.mark.parametrize(("credentials", "named"), [("true", PAGE), ("false", "*")])
def test_any_origin_is_named_where_credentials_are_allowed(credentials: str, named: str) -> None:
    done = sharing("*", credentials).keyed("/orders", ("Origin", PAGE))
    assert done.response.header("Access-Control-Allow-Origin") == named


@pytest.mark.parametrize(("terminate", "body"), [("true", b""), ("false", b"fine")])
def test_a_page_that_may_not_call_gets_no_headers(terminate: str, body: bytes) -> None:
    done = sharing(terminate=terminate).keyed("/orders", ("Origin", "https://denied.example"))
    assert (done.response.status, done.response.body) == (200, body)
    assert not any(n.startswith("Access-Control") for n, _ in done.response.headers)


def test_without_an_origin_nothing_is_added() -> None:
    done = sharing().call()
    assert done.response.headers == (("Server", "x"),)


# trace, on-error


def test_what_is_traced_is_written_down() -> None:
    done = guarded(
        '<trace source="gateway" severity="information"><message>call received</message>'
        '<metadata name="id" value="@(context.RequestId.ToString())" /></trace>'
    ).call()
    assert done.traced == (
        {
            "source": "gateway",
            "severity": "information",
            "message": "call received",
            "id": "id-of-the-call",
        },
    )


def test_an_error_is_known_where_errors_are_handled() -> None:
    told = (
        '<return-response><set-status code="@(context.Response?.StatusCode ?? 500)" reason="no" />'
        '<set-body>@(context.LastError?.Reason ?? "")</set-body></return-response>'
    )
    done = scene(policies(TO_ORDERS, on_error=told)).call(headers=())
    assert (done.response.status, done.response.body) == (401, b"SubscriptionKeyNotFound")


def test_an_error_while_errors_are_handled_is_a_plain_one() -> None:
    cut = '@(context.Request.Method.Substring("too long".Length))'
    broken = f'<set-header name="X-It"><value>{cut}</value></set-header>'
    done = scene(policies(TO_ORDERS, on_error=broken)).call(headers=())
    assert done.response.status == 500 and not done.sent
