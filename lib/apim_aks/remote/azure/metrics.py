"""Values of a metric by one of its dimensions, summed over a span of time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from apim_aks.facts import api_version
from apim_aks.remote.azure.refusal import AzureRefused, Json
from apim_aks.remote.azure.requests import Requests

_TYPE = "Microsoft.Insights/metrics"
_DOING = "Reading the metric"


def totals(
    client: Requests, id: str, metric: str, dimension: str, grain: str, span: tuple[float, float]
) -> Mapping[str, int]:
    """How often by each value of the dimension, between two moments in seconds of the epoch.

    Raises:
        AzureRefused: it may not be read, or is not what the API promises.
    """
    query = {
        "metricnames": metric,
        "timespan": "/".join(map(_moment, span)),
        "interval": grain,
        "aggregation": "Total",
        "$filter": f"{dimension} eq '*'",
    }
    asked = "&".join(f"{k}={quote(v, safe='/:')}" for k, v in query.items())
    doing = f"{_DOING} {metric}"
    found = client.send("GET", f"{id}/providers/{_TYPE}?{asked}", api_version(_TYPE), None, doing)[
        1
    ]
    try:
        return _summed(found, dimension)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise AzureRefused(f"{doing}: the answer does not have the documented form.") from None


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _summed(found: Json, dimension: str) -> dict[str, int]:
    sums: dict[str, int] = {}
    for one in found["value"]:
        for series in one["timeseries"]:
            names = {
                str(m["name"]["value"]).lower(): str(m["value"]) for m in series["metadatavalues"]
            }
            value = names[dimension.lower()]
            told = (point.get("total") for point in series["data"])
            sums[value] = sums.get(value, 0) + sum(int(t) for t in told if t is not None)
    return sums
