"""The first workload.yaml as text: what was found, with comments that say what can be set.

Every block that stands there as a comment can be read as it is once the `# ` is taken away.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from apim_aks.apis.draft.pairing import Pair, Pairing
from apim_aks.apis.mapping import Decision, Mapping, map_services
from apim_aks.facts import presets
from apim_aks.workload.call import Call
from apim_aks.workload.kubernetes import Manifests
from apim_aks.workload.model import Document, Service, Workload

SCHEMA_FILE = ".workload.schema.json"
"""What the schema is called beside the file; hidden, since folders are read for manifests."""
_SHOWN = 200
"""Files that are named as left out: what a person still reads."""
_WIDTH = 98
_PLAIN = "Files or folders with Kubernetes manifests, relative to this file."
_RENDERED = (
    "Helm charts and Kustomize folders, rendered whenever they are read. A chart may have "
    "namespace, that of its release, and values, a list of files over its own values."
)
_WEIGHTS = (
    "A preset ({}), or a weight for each of security, simplicity, high-availability, scale and "
    "cost."
)
_UNPAIRED = (
    "OpenAPI documents of no Service. Each belongs under openapi, at its Service, or nowhere: "
    "take it away."
)


def first_text(
    name: str,
    taken: Sequence[str],
    render: Sequence[dict[str, str]],
    left_out: Sequence[str],
    manifests: Manifests,
    documents: Sequence[Document],
    pairing: Pairing,
) -> str:
    """The whole file for a folder of this name.

    `taken` and `render` are the entries that are taken, `left_out` those that are not, each with
    its reason, and `manifests` what is in those taken.
    """
    services = manifests.services
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    slug = (slug if slug[:1].isalpha() else f"workload-{slug}")[:39].strip("-")
    short = Counter(s.name for s in services)
    names = {s.id: s.name if short[s.name] == 1 else s.id for s in services}
    mapping = map_services(
        Workload(
            name=slug,
            title=slug,
            services=_described(services, documents, pairing),
            graph=manifests.graph,
        )
    )
    return _TEMPLATE.format(
        count=sum(not s.derived_from for s in services),
        name=slug,
        title=_quoted(slug.replace("-", " ").title()),
        manifests=_manifests(list(taken), list(render), list(left_out)),
        openapi=_openapi(names, pairing),
        publish=_publish(names, mapping.decisions),
        ports=_ports(names, services),
        called=_quoted(names[next(iter(mapping.published), services[0].id)]),
        apis=_apis(mapping),
        weights="\n".join(_prose(_WEIGHTS.format(", ".join(p.id for p in presets())))),
        calls=_calls(names, manifests.graph.calls, mapping.published),
    )


def _described(
    services: Sequence[Service], documents: Sequence[Document], pairing: Pairing
) -> tuple[Service, ...]:
    of_file = {d.file: d for d in documents}
    theirs: dict[str, list[Document]] = {}
    for found in pairing.pairs:
        theirs.setdefault(found.service, []).append(of_file[found.file])
    return tuple(replace(s, documents=tuple(theirs.get(s.id, ()))) for s in services)


def _manifests(taken: list[str], render: list[dict[str, str]], left_out: list[str]) -> str:
    files = [f"  - {_quoted(entry)}" for entry in taken]
    lines = [*_prose(_PLAIN), "manifests:", *files] if taken else []
    if render:
        lines += [*([""] if taken else []), *_prose(_RENDERED), "render:"]
        entries = (", ".join(f"{k}: {_quoted(v)}" for k, v in e.items()) for e in render)
        lines += [f"  - {{{entry}}}" for entry in entries]
    if left_out:
        shown = [_quoted(entry) for entry in left_out[:_SHOWN]]
        more = [f"and {len(left_out) - _SHOWN:,} more"] if len(left_out) > _SHOWN else []
        lines += ["# Left out:", *(f"#   {entry}" for entry in (*shown, *more))]
    return "\n".join(lines)


def _openapi(names: dict[str, str], found: Pairing) -> str:
    theirs: dict[str, list[Pair]] = {}
    for one in found.pairs:
        theirs.setdefault(one.service, []).append(one)
    block = ["openapi:"] if theirs else ["openapi: {}"]
    for service, pairs in theirs.items():
        files = [(_quoted(p.file), p.reason) for p in pairs]
        if len(files) == 1:
            block.append(f"  {_quoted(names[service])}: {_noted(*files[0])}")
        else:
            block.append(f"  {_quoted(names[service])}:")
            block += [f"    - {_noted(*file)}" for file in files]
    if found.unpaired:
        block.append("")
        block += _prose(_UNPAIRED)
        block.append("unpaired:")
        block += [f"  - {_noted(_quoted(u.file), u.reason)}" for u in found.unpaired]
    return "\n".join(block)


def _noted(entry: str, reason: str) -> str:
    plain = "".join(c if c.isprintable() else "?" for c in reason)
    return f"{entry}  # {plain}"


def _publish(names: dict[str, str], decisions: Iterable[Decision]) -> str:
    """What is proposed as a block; where that is nothing, what could be published at all."""
    every = list(decisions)
    taken = [d for d in every if d.publish]
    listed = taken or [d for d in every if d.role.callable]
    more = [names[d.service] for d in every if d.role.http and not d.publish]
    head = "The Services to publish. Where this is not set, the workbook proposes"
    if not listed:
        return "\n".join(_prose(f"{head} none, since none is known to speak HTTP."))
    said = "these, and `map` says why" if taken else "none; these could be published"
    lines = _prose(f"{head} {said}:")
    lines += ["# publish:", *(f"#   - {_quoted(names[d.service])}" for d in listed)]
    return "\n".join(
        [*lines, *(_prose(f"More that speak HTTP: {', '.join(more)}.") if more else ())]
    )


def _ports(names: dict[str, str], services: Sequence[Service]) -> str:
    """Services with several TCP ports, each with its first one."""
    tcp = {s.id: [p for p in s.ports if p.protocol == "TCP"] for s in services}
    several = [id for id in tcp if len(tcp[id]) > 1] or [id for id in tcp if tcp[id]][:1]
    lines = (f"#   {_quoted(names[id])}: {tcp[id][0].number}" for id in several)
    return "\n".join(lines) or "#   SERVICE: 8080"


def _apis(mapping: Mapping) -> str:
    if not mapping.apis:
        return ""
    lines = _prose(
        "Your own mapping, over the proposal: title, path, version, services, operations; and the "
        "permissions that a caller's token must hold, without which a valid token is enough."
    )
    held = "permissions: {read: [data.read], write: [data.write]}"
    block = ["# apis:", f"#   {_quoted(mapping.apis[0].id)}:", f"#     {held}"]
    return "\n".join(["", *lines, *block, ""])


def _calls(names: dict[str, str], calls: Sequence[Call], published: Sequence[str]) -> str:
    """The callers of the published Service that most call, else of any, each with its port."""
    told = [c for c in calls if c.port]
    if not told:
        return ""
    count = Counter(c.callee for c in told)
    callee = max(count, key=lambda id: (id in published, count[id]))
    lines = _prose(
        "Who calls whom in the cluster, over what was found: callers of a Service to confirm, to "
        "strike and to add. Each means exactly that workload and port. Generated NetworkPolicies "
        "admit every caller that is not struck."
    )
    callers = (
        f"#       - {{caller: {_quoted(c.caller.called)}, port: {c.port}}}"
        for c in told
        if c.callee == callee
    )
    block = ["# calls:", f"#   {_quoted(names[callee])}:", "#     confirm:", *callers]
    return "\n".join(["", *lines, *block, ""])


def _prose(sentence: str) -> list[str]:
    plain = "".join(c if c.isprintable() else "?" for c in sentence)
    return [f"# {line}" for line in textwrap.wrap(plain, _WIDTH, break_long_words=False)]


def _quoted(text: str) -> str:
    """The text as a YAML scalar, in quotes unless it is surely plain."""
    if re.fullmatch(r"[A-Za-z][\w./ -]*[\w/]", text) and text.lower() not in _SPECIAL:
        return text
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(sign: str) -> str:
    """A character as it stands between double quotes in YAML."""
    if sign in '\\"':
        return f"\\{sign}"
    return sign if sign.isprintable() else f"\\U{ord(sign):08X}"


_SPECIAL = {"true", "false", "null", "yes", "no", "on", "off"}

_TEMPLATE = (
    f"# yaml-language-server: $schema={SCHEMA_FILE}\n"
    + """\
# What the workbook reads, and what you ask of it. Editors complete keys by the schema beside this
# file, which describes each; a key that is not set is proposed or has a default.
name: {name}
title: {title}

# Where the Services are read from; {count} were found.
{manifests}

# The namespace of objects that name none.
# namespace: default

# Service: its OpenAPI document (2.0, 3.0 or 3.1), or a list of them. A Service is namespace/name,
# or name alone where that is unique.
{openapi}

{publish}

# The port to publish, by number or name, where another one is proposed than you want.
# ports:
{ports}

# Services that end TLS themselves: the host name in the certificate that they show, which the
# gateway compares, and whether a public or a private authority signed it.
# tls:
#   {called}: {{host: orders.contoso.com, authority: public}}
{apis}{calls}
# Services that already validate access tokens, and what they expect in one. The issuer is an
# https address, or entra-id for the Entra ID tenant that API Management is in. metadata is added
# where the issuer publishes its OpenID metadata at another address, as Azure AD B2C does.
services_authenticate: {{}}

# What only you know stands below as comments, and counts as not stated until you take the "# "
# away; `init --ask` asks it question by question.

# Where the APIs are called from: internet (the default), same-vnet, peered-vnet,
# on-premises.
# consumers: [internet]

# What must hold; an option that does not meet one of these is ruled out, with the reason.
# requirements:
#   no_public_cluster_endpoint: true
#   private_gateway: true
#   private_api_server: true
#   static_outbound_ip: true
#   availability_zones: true
#   monthly_budget: 1000           # US dollars at list prices
#   sla_percent: 99.9              # what the parts that every call passes promise together
#   recovery_minutes: 240          # until calls are answered again after a region is lost

# The load, as far as you know it: requests per second at the peak of all published APIs together,
# what one unit of a tier carried in your own load test, and how often one consumer may call.
# Without it no headroom is scored and no consumer is throttled.
# traffic:
#   requests_per_second: 200
#   measured_per_unit: {{StandardV2: 900}}
#   units: 2                       # units of the gateway in each region, at least
#   per_consumer: {{calls: 300, seconds: 60}}
#   per_consumer_quota: {{calls: 100000, seconds: 604800}}

{weights}
# weights: {{preset: balanced}}

azure:
  environment: production          # or rehearsal, which allows tiers without an SLA
  # region: westeurope             # the default is westeurope
  kubernetes_version: "1.36"       # in quotes: YAML reads 1.30 as 1.3
  # gateway_network: hub           # shared, peered or hub: where API Management stands
  # existing: {{hub: {{name: vnet-hub, resource_group: rg-hub}}}}
  # hub_address_space: 10.0.8.0/24 # what is free in the hub for the gateway's subnet
  # egress: firewall               # direct or firewall: how calls leave the network
  # firewall_address: 10.0.1.4     # of the firewall that stands there already
  # restrict_outbound: true        # deny what the gateway need not call
  # close_after_days: 14           # how long what serves callers today is kept once they moved
"""
)
