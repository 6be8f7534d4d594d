"""Policies say what the design says, hold against Microsoft's rules, and nothing breaks out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from apim_aks import facts
from apim_aks.apis.mapping import ApiOperation, map_services, operation_name
from apim_aks.artefacts.policies import PolicyDocument, certificate_id, named_values, policies
from apim_aks.decision.design import Design, Placement, design
from apim_aks.errors import InputError
from apim_aks.options import OPTIONS
from apim_aks.topology import Auth, Kind
from apim_aks.workload.azure import Azure, Existing, ExistingResources
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Pin, Port, Service, TokenValidation, Workload
from apim_aks.workload.route import Route
from apim_aks.workload.traffic import Limit, Traffic
from tests.artefacts.policy_schema import PolicySchema
from tests.support import toy_option
from tests.support.designs import alone, bundled
from tests.support.effort import calls
from tests.support.scenario import PUBLIC, document, service, workload
from tests.support.series import examples

BUNDLED = ("contoso-orders", "contoso-retail")
IDS = [o.id for o in OPTIONS]
EVALUATED = re.compile(r"@\(|@\{|\{\{")
ENTRA = TokenValidation("https://login.microsoftonline.com/contoso.example/v2.0", "api://entra")
OTHER = TokenValidation("https://issuer.example/a", "api://other")
OWN = TokenValidation("entra-id", "api://own")


@cache
def made(name: str) -> Design:
    return design(NASTY) if name == "nasty" else bundled(name)


def drawn(source: Design | Workload, option: str) -> tuple[Design, Placement]:
    whole = source if isinstance(source, Design) else design(source)
    return whole, whole.placement(option)


def placed_in(source: Design | Workload, option: str) -> Placement:
    return source.placement(option) if isinstance(source, Design) else alone(source, option)


def written(source: Design | Workload, option: str) -> dict[str, PolicyDocument]:
    return {d.name: d for d in policies(placed_in(source, option))}


def xml(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)


def section(documents: dict[str, PolicyDocument], name: str, tag: str) -> list[ElementTree.Element]:
    """The statements of a section, fragments opened."""
    found: list[ElementTree.Element] = []
    for statement in xml(documents[name].xml).find(tag) or ():
        id = statement.get("fragment-id")
        found += xml(documents[f"fragment-{id}.xml"].xml) if id else [statement]
    return found


def tags(documents: dict[str, PolicyDocument], name: str, tag: str = "inbound") -> list[str]:
    return [s.tag for s in section(documents, name, tag)]


def one(statements: Iterable[ElementTree.Element], tag: str) -> ElementTree.Element:
    (found,) = [s for s in statements if s.tag == tag]
    return found


def values(document: PolicyDocument) -> set[str]:
    """Every attribute and text of a document."""
    elements = list(xml(document.xml).iter())
    texts = {(e.text or "") for e in elements} | {(e.tail or "") for e in elements}
    return texts | {v for e in elements for v in e.attrib.values()}


def odd(name: str, *operations: str, **changes: object) -> Service:
    return service(name, *operations, **changes)


NASTY = workload(
    odd(
        "shop/a<b>&\"c'",
        "GET /v1/<x>&\"/{id}/it's",
        'POST /v1/<x>&"/{id}',
        validates=TokenValidation(
            "https://issuer.example/<\"&'>", 'api://<a b="c">&\n\'</audience>'
        ),
        type=PUBLIC,
        ports=(Port(443, "https"),),
    ),
    odd("shop/]]>--&#64;(", "GET /]]>", "GET /--/{a}"),
    odd("shop/@ (x)", type=PUBLIC),
    odd("other/[concat('x')]", "GET /[x]/{p}", "GET /$(x)/@/{p}"),
    odd("shop/<!--", "DELETE /<!--/{p}", "GET /%7B%7Bx%7D%7D"),
)


@pytest.fixture(scope="session")
def schema(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> PolicySchema:
    return PolicySchema(corpora, tmp_path_factory.mktemp("xsd"))


# Microsoft's rules


@pytest.mark.parametrize("name", [*BUNDLED, "nasty"])
@pytest.mark.parametrize("option", IDS)
def test_every_document_is_valid(schema: PolicySchema, name: str, option: str) -> None:
    documents = tuple(written(made(name), option).values())
    assert len(documents) > 5
    assert schema.findings(documents) == []


@pytest.mark.parametrize("option", IDS)
def test_an_existing_gateway_gets_valid_documents_too(schema: PolicySchema, option: str) -> None:
    documents = tuple(written(beside_others(), option).values())
    assert schema.findings(documents) == []


def test_one_service_alone_is_valid(schema: PolicySchema) -> None:
    for option in IDS:
        documents = tuple(written(workload(service("a", "GET /a")), option).values())
        assert [d.name for d in documents if d.scope == "fragment"] == []
        assert schema.findings(documents) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "found"),
    [
        (
            "api-orders.xml",
            "<inbound>",
            '<inbound><forward-request timeout="1" />',
            "forward-request in inbound",
        ),
        ("service.xml", "<inbound>", "<inbound><base />", "base at the outermost scope"),
        ("api-orders.xml", "<backend>", "<backend><forward-request />", "backend holds"),
        ("service.xml", '<forward-request timeout="30" />', "", "backend holds"),
        ("api-orders.xml", "<outbound>", '<outbound><rewrite-uri template="/" />', "in outbound"),
        ("service.xml", "<inbound>", '<inbound><rate-limit calls="1" renewal-period="1" />',
         "rate-limit at service scope"),
        ("api-orders.xml", "require-scheme", "requires-scheme", "requires-scheme"),
        ("service.xml", "set-body", "set-boddy", "set-boddy"),
        ("service.xml", "exists-action", "exist-action", "exist-action"),
    ],
)  # fmt: skip
def test_a_mistake_is_found(
    schema: PolicySchema, name: str, old: str, new: str, found: str
) -> None:
    documents = written(made("contoso-retail"), "ingress-mtls")
    assert old in documents[name].xml
    broken = replace(documents[name], xml=documents[name].xml.replace(old, new))
    findings = schema.findings(tuple({**documents, name: broken}.values()))
    assert any(found in f for f in findings), findings


def test_children_of_validate_jwt_out_of_order_are_found(schema: PolicySchema) -> None:
    documents = written(made("contoso-retail"), "ingress-mtls")
    old = documents["api-orders.xml"]
    turned = re.sub(r"(<audiences>.*</audiences>)(.*)(<issuers>.*</issuers>)", r"\3\2\1", old.xml,
                    flags=re.S)  # fmt: skip
    assert turned != old.xml
    findings = schema.findings(tuple({**documents, old.name: replace(old, xml=turned)}.values()))
    assert any("out of order" in f for f in findings)


@pytest.mark.parametrize("name", [*BUNDLED, "nasty"])
def test_documents_stay_far_below_the_limit_of_the_smallest_tier(name: str) -> None:
    limit = facts.policy_default("document-bytes-consumption").number
    assert limit < facts.policy_default("fragment-bytes").number
    sizes = [len(d.xml.encode()) for o in IDS for d in written(made(name), o).values()]
    assert max(sizes) < limit / 2


def test_the_same_input_gives_the_same_bytes() -> None:
    again = design(read_workload("contoso-retail"))
    for option in IDS:
        assert written(again, option) == written(made("contoso-retail"), option)


@pytest.mark.parametrize("option", IDS)
@pytest.mark.parametrize("name", [*BUNDLED, "nasty"])
def test_files_are_unique_and_harmless(name: str, option: str) -> None:
    documents = policies(placed_in(made(name), option))
    names = [d.name for d in documents]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9-]+\.xml", n) for n in names)
    included = {i for d in documents for i in re.findall(r'fragment-id="([^"]+)"', d.xml)}
    assert included == {d.subject for d in documents if d.scope == "fragment"}


def test_two_operations_that_would_be_one_file_stay_apart() -> None:
    loads = workload(
        service("a", "GET /a/{x}/b-c", "GET /a"),
        service("b", "DELETE /a/{x}/b-c"),
        apis={"one": {"services": ["shop/a", "shop/b"], "path": "one"}},
    )
    documents = policies(placed_in(loads, "public-services"))
    assert len({d.name for d in documents}) == len(documents)


def test_documents_that_would_be_one_file_are_counted() -> None:
    ids = {"a": "b-c-d", "a-b": "c-d", "a-b-c": "d"}
    loads = workload(
        *(service(f"{api}-main", f"GET /{api}", f"POST /{api}") for api in ids),
        *(service(f"{api}-more", f"DELETE /{api}") for api in ids),
        apis={a: {"services": [f"shop/{a}-main", f"shop/{a}-more"], "path": a} for a in ids},
    )
    whole = design(loads)
    apis = tuple(
        replace(
            api,
            operations=tuple(
                replace(o, operation_id=ids[api.id]) if o.method == "DELETE" else o
                for o in api.operations
            ),
        )
        for api in whole.mapping.apis
    )
    placement = whole.placement("public-services")
    documents = policies(replace(placement, mapping=replace(whole.mapping, apis=apis)))
    named = {d.subject: d.name for d in documents if d.scope == "operation"}
    assert named == {
        "a/b-c-d": "operation-a-b-c-d.xml",
        "a-b/c-d": "operation-a-b-c-d-2.xml",
        "a-b-c/d": "operation-a-b-c-d-3.xml",
    }


# Every operation arrives where its Service serves it


def arrives(documents: dict[str, PolicyDocument], api: str, operation: ApiOperation) -> str:
    """The path that the back end sees, by what the documents say."""
    template, path = operation.template, operation.template
    for name in (f"api-{api}.xml", f"operation-{api}-{operation_name(operation.operation_id)}.xml"):
        prefix = ""
        for statement in section(documents, name, "inbound") if name in documents else ():
            if statement.get("name") == "back-end-path":
                prefix = statement.attrib["value"]
            if statement.tag == "rewrite-uri":
                to = statement.attrib["template"]
                assert statement.get("copy-unmatched-params") == "true"
                if "OriginalUrl" in to:
                    path = prefix + "/" + template.lstrip("/")
                elif "UrlTemplate" in to:
                    path = prefix + (template[1:] if template == "/" else template)
                else:
                    path = to
    return path


@pytest.mark.parametrize("name", [*BUNDLED, "nasty"])
@pytest.mark.parametrize("option", IDS)
def test_every_operation_arrives_at_its_path(name: str, option: str) -> None:
    whole, placement = drawn(made(name), option)
    documents = written(whole, option)
    for api in whole.mapping.apis:
        for operation in api.operations:
            _, prefix = placement.topology.backend(operation.service)
            wanted = prefix + operation.backend_path
            assert arrives(documents, api.id, operation) == wanted, operation


@pytest.mark.parametrize("option", IDS)
def test_every_operation_goes_to_the_back_end_of_its_service(option: str) -> None:
    whole, placement = drawn(made("contoso-retail"), option)
    documents = written(whole, option)
    for api in whole.mapping.apis:
        for operation in api.operations:
            own = f"operation-{api.id}-{operation_name(operation.operation_id)}.xml"
            chain = section(documents, f"api-{api.id}.xml", "inbound")
            chain += section(documents, own, "inbound") if own in documents else []
            last = [s.attrib["backend-id"] for s in chain if s.tag == "set-backend-service"][-1]
            assert last == placement.topology.backend(operation.service)[0].id


def test_an_operation_has_a_document_only_where_its_service_differs_or_its_calls_last() -> None:
    documents = written(made("contoso-retail"), "public-services")
    own = {d.subject for d in documents.values() if d.scope == "operation"}
    names = ("placeorder", "cancelorder", "changedeliveryaddress", "returnorder")
    lasting = {"orders/getinvoice", "shipping/getlabel", "partner-feed/downloadlatest"}
    assert own == {f"orders/{n}" for n in names} | lasting


def test_a_path_that_the_rule_of_its_api_does_not_reach_has_a_document() -> None:
    loads = workload(service("a", "GET /a", "GET /a/{id}", "GET /b/{id}/"))
    loads = replace(loads, apis={"one": {"services": ["shop/a"], "path": "one"}})
    (api,) = design(loads).mapping.apis
    other = replace(
        api,
        operations=tuple(
            replace(o, template="/{other}") if o.backend_path.startswith("/b") else o
            for o in api.operations
        ),
    )
    whole = design(loads)
    placement = whole.placement("public-services")
    changed = replace(placement, mapping=replace(whole.mapping, apis=(other,)))
    documents = {d.name: d for d in policies(changed)}
    rewritten = [one(section(documents, d.name, "inbound"), "rewrite-uri").attrib["template"]
                 for d in documents.values() if d.scope == "operation"]  # fmt: skip
    assert rewritten == ["/b/{other}/"]


def test_a_path_with_a_parameter_that_nobody_gives_is_refused() -> None:
    whole = design(workload(service("a", "GET /a/{id}")))
    api = whole.mapping.apis[0]
    bare = replace(api, operations=(replace(api.operations[0], template="/a"),))
    changed = replace(
        whole.placement("public-services"), mapping=replace(whole.mapping, apis=(bare,))
    )
    with pytest.raises(InputError, match="parameters id. Use a template with as many"):
        policies(changed)


def test_a_service_without_a_document_keeps_its_whole_path_behind_an_ingress() -> None:
    documents = written(made("contoso-retail"), "ingress-mtls")
    inbound = section(documents, "api-storefront.xml", "inbound")
    template = one(inbound, "rewrite-uri").attrib["template"]
    assert "context.Request.OriginalUrl.Path" in template
    climbing = [s for s in inbound if s.tag == "choose"][-1]
    condition = climbing[0].attrib["condition"]
    assert condition.endswith('.Contains("/.."))')
    for code in ('"%2e", "."', '"%2f", "/"', '"%5c", "/"', r'"\\", "/"'):
        assert f".Replace({code})" in condition
    assert climbing.find(".//set-status").attrib["code"] == "400"  # type: ignore[union-attr]
    plain = written(made("contoso-retail"), "public-services")
    assert "rewrite-uri" not in tags(plain, "api-storefront.xml")


# What the gateway shows to back ends


def test_an_ingress_gets_the_client_certificate_by_its_id() -> None:
    whole, placement = drawn(made("contoso-retail"), "ingress-mtls")
    documents = written(whole, "ingress-mtls")
    held = {c.id for c in placement.topology.certificates if c.held_by == "apim"}
    for api in whole.mapping.apis:
        inbound = section(documents, f"api-{api.id}.xml", "inbound")
        shown = one(inbound, "authentication-certificate").attrib
        assert shown == {"certificate-id": certificate_id(placement.topology)}
        assert shown["certificate-id"] in held
        assert "authentication-managed-identity" not in {s.tag for s in inbound}


def test_the_gateways_token_leaves_the_callers_header_alone() -> None:
    documents = written(made("contoso-retail"), "public-services")
    inbound = section(documents, "api-payments.xml", "inbound")
    identity = one(inbound, "authentication-managed-identity").attrib
    assert identity["resource"] == "api://{{tenant-id}}/contoso-retail.payments.payments"
    assert identity["output-token-variable-name"] == "gateway-token"
    assert identity["ignore-error"] == "false"
    header = facts.policy_default("gateway-token-header").value
    (set_,) = [s for s in inbound if s.get("name") == header]
    assert set_.attrib["exists-action"] == "override"
    assert "gateway-token" in str(set_.findtext("value"))
    assert not any(s.get("name") == "Authorization" for s in inbound)


def test_each_service_gets_a_token_of_its_own() -> None:
    whole, placement = drawn(made("contoso-retail"), "public-services")
    documents = written(whole, "public-services")
    audiences = {
        c.services[0]: c.audience.replace("//entra-id/", "//{{tenant-id}}/")
        for c in placement.topology.credentials
    }
    text = "".join(d.xml for d in documents.values())
    shown = re.findall(r'resource="([^"]+)"', text)
    assert sorted(set(shown)) == sorted(audiences.values())
    assert len(shown) == len(set(shown)), "what two APIs share is said once"


def test_a_token_never_reaches_a_service_it_is_not_for() -> None:
    reader = service("reader", "GET /orders", "GET /orders/{id}", validates=OWN)
    documents = written(workload(reader, service("writer", "POST /orders")), "vnet-external")
    assert "authentication-managed-identity" in tags(documents, "api-orders.xml")
    (own,) = [d.name for d in documents.values() if d.scope == "operation"]
    inbound = section(documents, own, "inbound")
    header = facts.policy_default("gateway-token-header").value
    (dropped,) = [s for s in inbound if s.get("name") == header]
    assert dropped.attrib["exists-action"] == "delete"


@pytest.mark.parametrize("option", IDS)
def test_a_caller_cannot_play_the_gateway(option: str) -> None:
    documents = written(made("contoso-retail"), option)
    header = facts.policy_default("gateway-token-header").value
    for api in made("contoso-retail").mapping.apis:
        inbound = section(documents, f"api-{api.id}.xml", "inbound")
        (written_,) = [s.attrib["exists-action"] for s in inbound if s.get("name") == header]
        assert written_ in ("override", "delete")


def test_a_back_end_without_credential_says_who_can_connect() -> None:
    documents = written(made("contoso-orders"), "vnet-internal")
    assert "who can connect to this back end: the gateway only." in documents["api-orders.xml"].xml


def test_a_certificate_for_one_service_is_never_shown_to_another() -> None:
    whole, placement = drawn(made("contoso-orders"), "public-services")
    credentials = tuple(
        replace(c, auth=Auth.CLIENT_CERTIFICATE) if "getorder" in c.id else c
        for c in placement.topology.credentials
    )
    mixed = replace(placement, topology=replace(placement.topology, credentials=credentials))
    documents = {d.name: d for d in policies(mixed)}
    assert "set-backend-service" not in tags(documents, "api-orders.xml")
    reader = tags(documents, "operation-orders-getorder.xml")
    writer = tags(documents, "operation-orders-placeorder.xml")
    assert "authentication-certificate" in reader
    assert "authentication-certificate" not in writer


# The six concerns


def test_the_subscription_key_stops_at_the_gateway() -> None:
    inbound = section(written(made("contoso-retail"), "public-services"), "service.xml", "inbound")
    dropped = {(s.tag, s.get("name")) for s in inbound if s.get("exists-action") == "delete"}
    assert dropped == {
        ("set-header", "Ocp-Apim-Subscription-Key"),
        ("set-query-parameter", "subscription-key"),
    }


def test_one_correlation_id_goes_in_and_comes_out() -> None:
    documents = written(made("contoso-retail"), "public-services")
    first = section(documents, "service.xml", "inbound")[0].attrib
    assert first["name"] == "correlation-id"
    assert '@"^[A-Za-z0-9-]{1,64}$"' in first["value"]
    for tag in ("inbound", "outbound"):
        header = [s for s in section(documents, "service.xml", tag)
                  if s.get("name") == "x-correlation-id"]  # fmt: skip
        assert len(header) == 1
        assert '"correlation-id"' in str(header[0].findtext("value"))


def test_answers_do_not_say_what_runs_behind() -> None:
    outbound = section(
        written(made("contoso-retail"), "public-services"), "service.xml", "outbound"
    )
    dropped = {s.get("name") for s in outbound if s.get("exists-action") == "delete"}
    assert "X-Powered-By" in dropped
    (server,) = [s for s in outbound if s.get("name") == "Server"]
    assert (server.get("exists-action"), server.findtext("value")) == ("override", "gateway")


def test_an_error_is_a_problem_without_internals() -> None:
    documents = written(made("contoso-retail"), "public-services")
    text = ElementTree.tostring(xml(documents["service.xml"].xml).find("on-error"), "unicode")  # type: ignore[arg-type]
    assert text.count("application/problem+json") == 3
    assert "LastError.Message" not in text and "LastError.Source" not in text
    reasons = re.findall(r'JProperty\("reason", (.*?) : ""\)', text)
    assert reasons and all("&lt; 500 ?" in r for r in reasons)


def test_whoever_must_wait_is_told_how_long() -> None:
    (choose,) = section(
        written(made("contoso-retail"), "public-services"), "service.xml", "on-error"
    )
    names = [h.get("name") for h in choose[0].iter("set-header")]
    assert "Retry-After" in names
    assert "Retry-After" not in [h.get("name") for h in choose[1].iter("set-header")]


def test_whoever_is_not_known_is_told_what_to_show() -> None:
    (choose,) = section(
        written(made("contoso-retail"), "public-services"), "service.xml", "on-error"
    )
    assert [w.get("condition") for w in choose[1:2]] == ["@(context.Response?.StatusCode == 401)"]
    (challenge,) = [h for h in choose[1].iter("set-header") if h.get("name") == "WWW-Authenticate"]
    assert '"WWW-Authenticate", "Bearer"' in str(challenge.findtext("value"))
    assert "WWW-Authenticate" not in [h.get("name") for h in choose[2].iter("set-header")]


STATED = Traffic(rate=Limit(300, 60), quota=Limit(100_000, 604_800))


def test_a_product_limits_each_subscription_by_stated_figures_or_not_at_all() -> None:
    _, placement = drawn(made("contoso-orders"), "public-services")
    stated = replace(placement, workload=replace(placement.workload, traffic=STATED))
    documents = {d.name: d for d in policies(stated)}
    inbound = section(documents, "product-contoso-orders.xml", "inbound")
    assert one(inbound, "rate-limit").attrib == {"calls": "300", "renewal-period": "60"}
    assert one(inbound, "quota").attrib == {"calls": "100000", "renewal-period": "604800"}
    bare = {d.name: d for d in policies(placement)}["product-contoso-orders.xml"].xml
    assert "<rate-limit" not in bare and "<quota" not in bare
    assert "No consumer is throttled" in bare


def keyless(tier: str, traffic: Traffic = STATED) -> dict[str, PolicyDocument]:
    whole, placement = drawn(made("contoso-orders"), "public-services")
    callers = {c.id for c in placement.topology.of_kind(Kind.CONSUMER)}
    links = tuple(
        replace(link, auth=(Auth.CALLER_TOKEN,)) if link.source in callers else link
        for link in placement.topology.links
    )
    open_ = replace(
        placement,
        topology=replace(placement.topology, links=links),
        tier=facts.tier(tier),
        workload=replace(placement.workload, traffic=traffic),
    )
    return {d.name: d for d in policies(open_)}


def test_callers_without_a_key_are_counted_by_address() -> None:
    limit = one(section(keyless("Basic"), "service.xml", "inbound"), "rate-limit-by-key").attrib
    assert limit["counter-key"] == "@(context.Request.IpAddress)"
    assert limit["calls"] == "300"
    assert "<rate-limit" not in keyless("Basic", Traffic())["service.xml"].xml
    assert (
        "rate-limit-by-key"
        not in written(made("contoso-orders"), "public-services")["service.xml"].xml
    )


def test_consumption_cannot_count_by_address_and_says_so() -> None:
    text = keyless("Consumption")["service.xml"].xml
    assert "rate-limit-by-key" not in text
    assert "are not limited: this tier counts by key only" in text


def keeping(tier: str = "Basic", **cached: list[str]) -> dict[str, PolicyDocument]:
    """Policies of two operations that read and one that writes, with these answers kept."""
    asked = workload(
        service("a", "GET /a", "GET /a/{id}", "POST /a"),
        apis={id: {"cached": wanted} for id, wanted in cached.items()},
    )
    _, placement = drawn(asked, "public-services")
    return {d.name: d for d in policies(replace(placement, tier=facts.tier(tier)))}


def test_no_answer_is_kept_that_nobody_asked_to_keep() -> None:
    assert not any("cache-" in d.xml for d in keeping().values())
    assert not any("cache-" in d.xml for d in written(made("contoso-orders"), IDS[0]).values())


def test_an_answer_that_is_kept_is_kept_for_the_caller_alone() -> None:
    documents = keeping(a=["GET /a/{id}"])
    (name,) = (n for n, d in documents.items() if "cache-lookup" in d.xml)
    assert documents[name].scope == "operation"
    lookup = one(section(documents, name, "inbound"), "cache-lookup")
    assert lookup.attrib["allow-private-response-caching"] == "true"
    assert {"Authorization", "Cookie"} <= {h.text for h in lookup}
    assert section(documents, name, "inbound")[0].tag == "base", "the token is checked before"
    keep, base = section(documents, name, "outbound")
    assert (keep[0][0].tag, base.tag) == ("cache-store", "base")
    condition = keep[0].attrib["condition"]
    for word in ("StatusCode == 200", '"Set-Cookie"', '"no-store", "no-cache", "private"'):
        assert word in condition


def test_consumption_keeps_no_answers_and_says_so() -> None:
    documents = keeping("Consumption", a=["GET /a"])
    assert not any("<cache-" in d.xml for d in documents.values())
    assert any("this gateway has no cache of its own" in d.xml for d in documents.values())


@pytest.mark.parametrize("text", ["GET /b", "POST /a"])
def test_only_what_reads_and_is_there_can_be_kept(text: str) -> None:
    with pytest.raises(InputError, match="would keep the answers of .*. Use one of GET /a"):
        keeping(a=[text])


def test_tokens_of_entra_id_are_the_default() -> None:
    documents = written(made("contoso-retail"), "public-services")
    check = one(section(documents, "api-search.xml", "inbound"), "validate-azure-ad-token")
    assert check.attrib["tenant-id"] == "{{tenant-id}}"
    assert [a.text for a in check.iter("audience")] == ["{{api-audience}}"]


def test_the_issuer_that_a_service_accepts_is_asked() -> None:
    documents = written(made("contoso-retail"), "public-services")
    check = one(section(documents, "api-payments.xml", "inbound"), "validate-jwt")
    issuer = "https://login.contoso.example/common-contoso/v2.0"
    assert [c.get("url") for c in check.iter("openid-config")] == [
        f"{issuer}/.well-known/openid-configuration"
    ]
    assert [i.text for i in check.iter("issuer")] == [issuer]
    assert [a.text for a in check.iter("audience")] == ["api://contoso-retail/payments"]


def test_an_issuer_of_entra_id_is_checked_as_such() -> None:
    documents = written(workload(service("a", "GET /a", validates=ENTRA)), "public-services")
    check = one(section(documents, "api-a.xml", "inbound"), "validate-azure-ad-token")
    assert check.attrib["tenant-id"] == "contoso.example"
    assert [a.text for a in check.iter("audience")] == ["api://entra"]


def test_the_tenant_of_api_management_is_a_named_value() -> None:
    loads = workload(service("a", "GET /a", validates=OWN))
    documents = written(loads, "public-services")
    check = one(section(documents, "api-a.xml", "inbound"), "validate-azure-ad-token")
    assert check.attrib["tenant-id"] == "{{tenant-id}}"
    assert [a.text for a in check.iter("audience")] == ["api://own"]
    assert [n.name for n in named_values(placed_in(loads, "public-services"))] == ["tenant-id"]


def test_services_of_one_tenant_are_checked_together(schema: PolicySchema) -> None:
    second = replace(OWN, audience="api://second")
    loads = workload(
        service("a", "GET /orders", "GET /orders/{id}", validates=OWN),
        service("b", "POST /orders", validates=second),
    )
    documents = written(loads, "public-services")
    check = one(section(documents, "api-orders.xml", "inbound"), "validate-azure-ad-token")
    assert [a.text for a in check.iter("audience")] == ["api://own", "api://second"]
    assert schema.findings(tuple(documents.values())) == []


def test_the_own_tenant_beside_another_issuer_stands_with_both_versions(
    schema: PolicySchema,
) -> None:
    loads = workload(
        service("a", "GET /orders", "GET /orders/{id}", validates=OTHER),
        service("b", "POST /orders", validates=OWN),
    )
    documents = written(loads, "public-services")
    check = one(section(documents, "api-orders.xml", "inbound"), "validate-jwt")
    assert [c.get("url") for c in check.iter("openid-config")] == [
        "https://issuer.example/a/.well-known/openid-configuration",
        "https://login.microsoftonline.com/{{tenant-id}}/v2.0/.well-known/openid-configuration",
    ]
    assert [i.text for i in check.iter("issuer")] == [
        "https://issuer.example/a",
        "https://sts.windows.net/{{tenant-id}}/",
        "https://login.microsoftonline.com/{{tenant-id}}/v2.0",
    ]
    assert [n.name for n in named_values(placed_in(loads, "public-services"))] == ["tenant-id"]
    assert schema.findings(tuple(documents.values())) == []


def test_services_that_differ_in_issuer_narrow_it_at_their_operations() -> None:
    loads = workload(
        service("a", "GET /orders", "GET /orders/{id}", validates=OTHER),
        service("b", "POST /orders", validates=ENTRA),
    )
    documents = written(loads, "public-services")
    check = one(section(documents, "api-orders.xml", "inbound"), "validate-jwt")
    assert len(list(check.iter("openid-config"))) == len(list(check.iter("issuer"))) == 2
    (own,) = [d.name for d in documents.values() if d.scope == "operation"]
    narrowed = one(section(documents, own, "inbound"), "validate-azure-ad-token")
    assert [a.text for a in narrowed.iter("audience")] == ["api://entra"]


def test_a_valid_token_is_enough_where_nothing_else_is_named() -> None:
    documents = written(made("contoso-retail"), "public-services")
    assert not any("permissions-to" in d.xml for d in documents.values())
    for name in (n for n in documents if n.startswith("api-")):
        assert "A valid token is enough: workload.yaml names no permissions." in documents[name].xml


def test_a_permission_that_the_workload_names_is_asked_for(schema: PolicySchema) -> None:
    asked = {"orders": {"permissions": {"read": ["orders.read", "orders.all"], "write": ["w"]}}}
    loads = workload(service("orders", "GET /orders", validates=OTHER), apis=asked)
    documents = written(loads, "public-services")
    inbound = section(documents, "api-orders.xml", "inbound")
    held = {s.get("name"): s.get("value") for s in inbound if s.tag == "set-variable"}
    assert held["permissions-to-read"] == "orders.read orders.all"
    assert held["permissions-to-write"] == "w"
    condition = one(inbound, "choose")[0].attrib["condition"]
    for word in ('"scp"', '"roles"', '"permissions-to-read"', '"GET"', "Intersect"):
        assert word in condition
    assert one(inbound, "choose").find(".//set-status").attrib["code"] == "403"  # type: ignore[union-attr]
    assert schema.findings(tuple(documents.values())) == []


def test_a_permission_that_would_be_evaluated_is_refused() -> None:
    asked = {"orders": {"permissions": {"read": ["@(1)"]}}}
    with pytest.raises(InputError, match="apis: permissions"):
        written(workload(service("orders", "GET /orders"), apis=asked), "public-services")


def test_where_callers_sign_in_no_token_is_asked_for(schema: PolicySchema) -> None:
    loads = workload(service("users", "POST /users/login", "GET /users/me", validates=OTHER))
    documents = written(loads, "public-services")
    inbound = section(documents, "api-users.xml", "inbound")
    (named,) = [s.get("value") for s in inbound if s.get("name") == "sign-in-operations"]
    (api,) = map_services(loads).apis
    assert named == operation_name(api.operations[0].operation_id)
    (when,) = one(inbound, "choose")
    assert when.get("condition", "").endswith("Contains(context.Operation.Id))")
    assert one(when, "validate-jwt") is not None
    assert schema.findings(tuple(documents.values())) == []


def test_an_undescribed_token_issuer_is_asked_for_nothing() -> None:
    loads = workload(service("keycloak"), service("x", "GET /x"), publish=("keycloak", "x"))
    documents = written(loads, "public-services")
    xml = documents["api-keycloak.xml"].xml
    assert "validate" not in xml
    assert "No token is asked for" in xml
    assert any("validate" in d.xml for d in documents.values())


def test_metadata_that_do_not_follow_from_the_issuer_are_taken_from_the_workload() -> None:
    address = "https://a.b2clogin.com/a.onmicrosoft.com/p/v2.0/.well-known/openid-configuration"
    validates = TokenValidation("https://a.b2clogin.com/1111/v2.0/", "api://a", address)
    documents = written(workload(service("a", "GET /a", validates=validates)), "public-services")
    check = one(section(documents, "api-a.xml", "inbound"), "validate-jwt")
    assert [c.get("url") for c in check.iter("openid-config")] == [address]
    assert [i.text for i in check.iter("issuer")] == ["https://a.b2clogin.com/1111/v2.0/"]


@pytest.mark.parametrize("issuer", ["", "http://issuer.example", "https://", "https://a b", "x?y"])
def test_an_issuer_without_an_address_is_refused(issuer: str) -> None:
    validates = TokenValidation(issuer, "api://a")
    with pytest.raises(InputError, match="Use the https address"):
        written(workload(service("a", "GET /a", validates=validates)), "vnet-external")


# Named values, existing gateways, options of one's own


@pytest.mark.parametrize("name", [*BUNDLED, "nasty"])
@pytest.mark.parametrize("option", IDS)
def test_named_values_are_those_that_are_used(name: str, option: str) -> None:
    whole, placement = drawn(made(name), option)
    text = "".join(d.xml for d in policies(placement))
    given = named_values(placement)
    assert {n.name for n in given} == set(re.findall(r"\{\{([\w-]+)\}\}", text))
    assert all(n.value is None and not n.secret and n.because for n in given)


def test_no_named_value_is_needed_where_every_service_names_its_issuer() -> None:
    loads = workload(service("a", "GET /a", validates=OTHER))
    assert named_values(placed_in(loads, "ingress-mtls")) == ()


def beside_others() -> Workload:
    there = ExistingResources(api_management=Existing("apim-shared", "rg"))
    return replace(read_workload("contoso-retail"), azure=Azure(existing=there))


def test_an_existing_gateway_keeps_its_own_document() -> None:
    documents = written(beside_others(), "public-services")
    assert not any(d.scope == "service" for d in documents.values())
    api = tags(documents, "api-search.xml")
    assert api[:3] == ["cors", "base", "set-variable"] and "set-query-parameter" in api
    assert tags(documents, "api-search.xml", "backend") == ["forward-request"]
    assert tags(documents, "operation-orders-placeorder.xml", "backend") == ["base"]
    ids = {d.subject for d in documents.values() if d.scope == "fragment"}
    parts = ("gateway-inbound", "gateway-outbound", "gateway-on-error")
    assert {f"contoso-retail-{p}" for p in parts} <= ids


def test_shared_names_on_an_existing_gateway_carry_the_workloads_name() -> None:
    whole, placement = drawn(beside_others(), "ingress-mtls")
    documents = policies(placement)
    shared = [d.subject for d in documents if d.scope in ("fragment", "product")]
    shared += [n.name for n in named_values(placement)]
    assert len(shared) > 8
    assert all(s.startswith("contoso-retail") for s in shared)
    text = "".join(d.xml for d in documents)
    assert set(re.findall(r"\{\{([\w-]+)\}\}", text)) <= set(shared)


def test_a_toy_option_gets_policies(schema: PolicySchema) -> None:
    whole = design(read_workload("contoso-retail"), (toy_option.OPTION,))
    documents = policies(whole.placement("toy"))
    assert schema.findings(documents) == []


def test_what_two_documents_say_is_a_fragment() -> None:
    documents = written(made("contoso-retail"), "ingress-mtls")
    texts = [d.xml for d in documents.values() if d.scope != "fragment"]
    for part in (
        "authentication-certificate",
        "{{api-audience}}",
        'JObject(new JProperty("type", "about:blank"), new JProperty("title", "Forbidden")',
    ):  # noqa: E501
        assert not any(part in t for t in texts), part


# Nothing breaks out


def benign() -> Workload:
    """The same shape as what the properties draw, with harmless words."""
    return shaped("https://issuer.example/x", "api://x", "/x/{id}")


def shaped(issuer: str, audience: str, path: str) -> Workload:
    first = service("a", validates=TokenValidation(issuer, audience))
    first = replace(first, documents=(document(f"GET {path}", "GET /z"),))
    other = service("b", f"POST {path}", "GET /y")
    apis = {"one": {"services": ["shop/a", "shop/b"], "path": "one"}}
    loads = workload(first, other, service("c"), apis=apis)
    return replace(loads, pins=(("vnet-external", Pin(ingress_controller="istio-classic")),))


def evaluated(source: Workload) -> set[str]:
    """Every value that API Management would evaluate, beside our tenant before an audience."""
    whole = design(source)
    found = {v for o in IDS for d in policies(whole.placement(o)) for v in values(d)}
    return {v for v in found if EVALUATED.search(v.removeprefix("api://{{tenant-id}}/"))}


@cache
def constants() -> set[str]:
    return evaluated(benign())


PIECES = st.sampled_from(
    ["@(", "@{", "{{", "}}", "<", ">", "&", '"', "'", "\n", "\r", "\0", "]]>", "<!--", "-->", "@",
     "(", "{", "}", "[", "\\", "&#64;(", "&amp;", "</policies>", "<base/>", " ", "x", "ü", "\ud800",
     "{id}", "/", "?", "%7b", "$", ".."]
)  # fmt: skip
WORDS = st.lists(PIECES, max_size=8).map("".join) | st.text(max_size=20)


@examples(15, *HealthCheck)
@given(WORDS, WORDS, WORDS)
def test_texts_of_the_input_stay_texts(issuer: str, audience: str, path: str) -> None:
    loads = shaped(f"https://issuer.example/{issuer}", f"api://{audience}", f"/x{path}/{{id}}")
    try:
        found = evaluated(loads)
    except InputError as error:
        assert "Use " in str(error)
        return
    assert found <= constants()
    whole = design(loads)
    for option in IDS:
        documents = written(whole, option)
        checks = [c for d in documents.values() for c in xml(d.xml).iter("validate-jwt")]
        assert {a.text for c in checks for a in c.iter("audience")} == {f"api://{audience}"}
        assert {i.text for c in checks for i in c.iter("issuer")} == {
            f"https://issuer.example/{issuer}"
        }
        structure = [e.tag for d in documents.values() for e in xml(d.xml).iter()]
        assert structure.count("base") == sum(
            4 for d in documents.values() if d.scope in ("product", "api", "operation")
        )


@examples(15, *HealthCheck)
@given(WORDS.filter(bool), WORDS.filter(bool))
def test_names_of_the_input_stay_names(namespace: str, name: str) -> None:
    loads = workload(
        replace(service("a", "GET /a"), namespace=namespace, name=name), service("c", "GET /c")
    )
    try:
        found = evaluated(loads)
    except InputError as error:
        assert "Use " in str(error)
        return
    assert found <= constants() | plain()


@cache
def plain() -> set[str]:
    return evaluated(workload(service("a", "GET /a"), service("c", "GET /c")))


@pytest.mark.parametrize("opener", ["@(", "@{", "{{"])
def test_a_value_that_would_be_evaluated_is_refused_by_name(opener: str) -> None:
    for loads, what in (
        (shaped(f"https://a.example/{opener}x", "api://x", "/x"), "issuer is"),
        (shaped("https://a.example", f"api://{opener}x", "/x"), "audience is"),
        (shaped("https://a.example", "api://x", f"/{opener}x"), "the path of"),
    ):
        with pytest.raises(InputError) as caught:
            written(loads, "ingress-mtls")
        assert what in str(caught.value) and repr(opener) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_nasty_workload_keeps_its_words() -> None:
    documents = written(made("nasty"), "public-services")
    texts = {t for d in documents.values() for t in values(d)}
    assert 'api://<a b="c">&\n\'</audience>' in texts
    assert "https://issuer.example/<\"&'>" in texts


# Rows and effort


def test_a_row_that_cannot_stand_in_an_expression_is_refused() -> None:
    row = facts.policy_default("correlation-header")
    with pytest.raises(InputError, match="gateway_policies.csv: correlation-header"):
        _ = replace(row, value='x" + evil').names
    with pytest.raises(InputError, match="must be a whole number"):
        _ = replace(row, value="1e3").number
    with pytest.raises(InputError, match="unknown"):
        facts.policy_default("nothing")


def test_the_shop_takes_little_work() -> None:
    assert work(made("contoso-retail")) < 1_000_000


def test_five_times_the_services_take_five_times_the_work() -> None:
    assert work(services(100)) < 6 * work(services(20)) < 300_000 * len(OPTIONS)


def services(count: int) -> Design:
    several = (
        service(f"s{i}", *(f"{m} /r{i}/{{id}}/p{p}" for p in range(5) for m in ("GET", "PUT")))
        for i in range(count)
    )
    return design(workload(*several))


def work(whole: Design) -> int:
    """The calls that all policies and named values take."""
    return calls(lambda: [(policies(p), named_values(p)) for p in whole.placements])


def test_an_operation_with_servers_of_its_own_is_called_where_they_say() -> None:
    described = document("GET /rates", "GET /rates/{id}", base_path="/api/v3")
    other = replace(described.operations[1], base_path="/legacy")
    described = replace(described, operations=(described.operations[0], other))
    documents = written(workload(service("rates", documents=(described,), type=PUBLIC)), IDS[2])
    pages = [n for n in documents if n.startswith("operation-")]
    targets = [one(section(documents, n, "inbound"), "rewrite-uri").get("template") for n in pages]
    assert targets == ["/legacy/rates/{id}"]


def test_an_operation_with_a_query_in_its_path_reaches_the_path_of_the_others() -> None:
    described = document("GET /items", "GET /items?view=short", base_path="/v1")
    documents = written(workload(service("items", documents=(described,), type=PUBLIC)), IDS[2])
    assert not [n for n in documents if n.startswith("operation-")]
    path = one(section(documents, "api-items.xml", "inbound"), "set-variable")
    assert path.get("value") == "/v1/items"


BYTES = {"schema": {"type": "string", "format": "binary"}}
FORM = {"schema": {"properties": {"file": BYTES["schema"]}}}
LASTING: dict[str, dict[str, object]] = {
    "stream": {"responses": {"200": {"content": {"text/event-stream; charset=utf-8": {}}}}},
    "lines": {"responses": {"200": {"content": {"application/x-ndjson": {}}}}},
    "websocket": {"responses": {"101": {"description": "a WebSocket"}}},
    "download": {"responses": {"200": {"content": {"image/png": BYTES}}}},
    "shared answer": {"responses": {"200": {"$ref": "#/components/responses/File"}}},
    "upload": {"requestBody": {"content": {"multipart/form-data": FORM}}},
    "by its word": {"x-ms-long-running-operation": True},
}


def lasting(told: dict[str, object]) -> dict[str, PolicyDocument]:
    described = document("GET /feed", "GET /feed/live")
    body = {
        "paths": {"/feed": {"get": {}}, "/feed/live": {"get": told}},
        "components": {"responses": {"File": {"content": {"application/zip": {}}}}},
    }
    described = replace(described, body=body)
    return written(workload(service("feed", documents=(described,), type=PUBLIC)), IDS[2])


@pytest.mark.parametrize("told", LASTING.values(), ids=LASTING)
def test_a_call_that_lasts_is_neither_kept_nor_buffered_nor_cut(told: dict[str, object]) -> None:
    documents = lasting(told)
    (live,) = (n for n in documents if n.startswith("operation-"))
    sent = one(section(documents, live, "backend"), "forward-request")
    assert (sent.get("buffer-response"), sent.get("timeout")) == ("false", "240")
    assert "cache-lookup" not in documents[live].xml


def test_an_operation_that_routes_lead_elsewhere_by_method_names_its_back_end() -> None:
    rest = Route(kind="HTTPRoute", name="r", host="h", path="/orders")
    rest = replace(rest, spared=(("POST", rest.taken),))
    posts = replace(rest, method="POST", spared=())
    both = workload(service("orders", routes=(rest,)), service("write", routes=(posts,)))
    found = written(both, "v2-integration")
    assert 'backend-id="orders-shop"' in found["api-orders.xml"].xml
    assert 'backend-id="write-shop"' in found["operation-orders-post.xml"].xml
