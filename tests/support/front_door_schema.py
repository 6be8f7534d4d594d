"""What Front Door's resource types take, closed: the properties that can be written, by type.

From the models of azure-mgmt-cdn 14.1.0 and azure-mgmt-frontdoor 2.0.0, opened on 2026-11-27; the
corpora hold no schema of these types.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Shape = dict[str, Any]
_REFERENCE: Shape = {"id": str}
_FIREWALL: Shape = {
    "policySettings": {
        "enabledState": {"Enabled", "Disabled"},
        "mode": {"Prevention", "Detection"},
        "requestBodyCheck": {"Enabled", "Disabled"},
    },
    "customRules": {
        "rules": [
            {
                "name": str,
                "priority": int,
                "enabledState": {"Enabled", "Disabled"},
                "ruleType": {"MatchRule", "RateLimitRule"},
                "action": {"Allow", "Block", "Log", "Redirect"},
                "matchConditions": [
                    {
                        "matchVariable": {"RequestUri", "SocketAddr", "RemoteAddr"},
                        "operator": {"IPMatch", "RegEx"},
                        "negateCondition": bool,
                        "matchValue": [str],
                        "transforms": [{"Lowercase", "UrlDecode"}],
                    }
                ],
            }
        ]
    },
    "managedRules": {
        "managedRuleSets": [
            {
                "ruleSetType": str,
                "ruleSetVersion": str,
                "ruleSetAction": {"Block", "Log", "Redirect"},
            }
        ]
    },
}
_ORIGIN: Shape = {
    "azureOrigin": _REFERENCE,
    "hostName": str,
    "httpPort": int,
    "httpsPort": int,
    "originHostHeader": str,
    "priority": int,
    "weight": int,
    "enabledState": {"Enabled", "Disabled"},
    "enforceCertificateNameCheck": bool,
    "sharedPrivateLinkResource": {
        "privateLink": _REFERENCE,
        "privateLinkLocation": str,
        "groupId": str,
        "requestMessage": str,
    },
}
_ROUTE: Shape = {
    "customDomains": [_REFERENCE],
    "originGroup": _REFERENCE,
    "supportedProtocols": [{"Http", "Https"}],
    "patternsToMatch": [str],
    "forwardingProtocol": {"HttpOnly", "HttpsOnly", "MatchRequest"},
    "linkToDefaultDomain": {"Enabled", "Disabled"},
    "httpsRedirect": {"Enabled", "Disabled"},
    "enabledState": {"Enabled", "Disabled"},
}
_CDN = "Microsoft.Cdn/profiles"
SHAPES: dict[str, Shape] = {
    "Microsoft.Network/FrontDoorWebApplicationFirewallPolicies": _FIREWALL,
    _CDN: {"originResponseTimeoutSeconds": int},
    f"{_CDN}/afdEndpoints": {"enabledState": {"Enabled", "Disabled"}},
    f"{_CDN}/afdEndpoints/routes": _ROUTE,
    f"{_CDN}/customDomains": {
        "hostName": str,
        "tlsSettings": {
            "certificateType": {"CustomerCertificate", "ManagedCertificate"},
            "minimumTlsVersion": {"TLS10", "TLS12", "TLS13"},
        },
    },
    f"{_CDN}/originGroups": {
        "loadBalancingSettings": {
            "sampleSize": int,
            "successfulSamplesRequired": int,
            "additionalLatencyInMilliseconds": int,
        },
        "healthProbeSettings": {
            "probePath": str,
            "probeProtocol": {"Http", "Https"},
            "probeRequestType": {"GET", "HEAD"},
            "probeIntervalInSeconds": int,
        },
        "sessionAffinityState": {"Enabled", "Disabled"},
    },
    f"{_CDN}/originGroups/origins": _ORIGIN,
    f"{_CDN}/securityPolicies": {
        "parameters": {
            "type": {"WebApplicationFirewall"},
            "wafPolicy": _REFERENCE,
            "associations": [{"domains": [_REFERENCE], "patternsToMatch": [str]}],
        }
    },
}


def shape_errors(resource: dict[str, Any]) -> list[str]:
    """What the closed shape of its type says against a resource; [] where there is none."""
    shape = SHAPES.get(resource["type"])
    if shape is None:
        return []
    place = f"{resource['type']} {resource['name']}"
    return [f"{place}: {e}" for e in _errors(resource["properties"], shape, "properties")]


def _errors(value: Any, shape: Any, at: str) -> Iterator[str]:
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            yield f"{at} is no object"
            return
        for key, inner in value.items():
            if key in shape:
                yield from _errors(inner, shape[key], f"{at}.{key}")
            else:
                yield f"{at}.{key} is not known"
    elif isinstance(shape, list):
        for number, inner in enumerate(value if isinstance(value, list) else [None]):
            yield from _errors(inner, shape[0], f"{at}[{number}]")
    elif isinstance(shape, set):
        if value not in shape:
            yield f"{at} is {value!r}"
    elif not isinstance(value, shape) or (shape is int and isinstance(value, bool)):
        yield f"{at} is {value!r}"
