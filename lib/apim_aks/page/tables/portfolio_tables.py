"""What only shows when workloads stand together, as tables: limits, gateways, collisions, calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from apim_aks.columns import Column
from apim_aks.decision.measures import money, number
from apim_aks.decision.outcome import percent
from apim_aks.listing import counted, listed
from apim_aks.page.html import (
    Content,
    Html,
    code,
    definitions,
    element,
    joined,
    mark,
    paragraph,
    some,
    source,
    table,
)
from apim_aks.portfolio.crossings import Crossing
from apim_aks.portfolio.limits import Fits, OnTier, Shared
from apim_aks.portfolio.risk import ORDER
from apim_aks.portfolio.sharing import Sharing
from apim_aks.portfolio.together import Portfolio

_FITS = {
    Fits.FITS: ("pass", "✓"),
    Fits.EXCEEDS: ("fail", "✗"),
    Fits.UNKNOWN: ("none", "?"),
    Fits.NO_LIMIT: ("none", "–"),
}


def limits_table(whole: Portfolio) -> Html:
    """What all make together against the limits of each tier, and where those are from."""
    tiers = [t.tier for t in whole.shared[0].tiers]
    columns = [Column(tier, _on(at)) for at, tier in enumerate(tiers)]
    return joined(
        (
            _fitting(whole, tiers),
            paragraph(
                "None: no limit is published. N/a: the source says that none applies to the tier."
            ),
            table(
                "What the chosen options make together, against each tier",
                whole.shared,
                Column("In API Management", lambda s: s.kind.label),
                Column("Together", lambda s: f"{'≥ ' if whole.uncounted else ''}{s.count:,}"),
                *columns,
                whole=True,
            ),
            table(
                "What is counted, and where the limits are from",
                whole.shared,
                Column("Kind", lambda s: s.kind.label),
                Column("Counted", lambda s: s.kind.because),
                Column("Source", lambda s: source(s.kind.source)),
                Column("Checked on", lambda s: s.kind.checked_on),
            ),
        )
    )


def _fitting(whole: Portfolio, tiers: Sequence[str]) -> Html:
    fits = [t for at, t in enumerate(tiers) if not _any(whole, at, Fits.EXCEEDS, Fits.UNKNOWN)]
    over = [t for at, t in enumerate(tiers) if _any(whole, at, Fits.EXCEEDS)]
    parts = []
    if fits:
        parts.append(f"One instance holds all of it in the tiers {listed(fits)}.")
    if over:
        parts.append(f"It is too much for {listed(over)}.")
    if whole.uncounted:
        some_ = listed(whole.uncounted, 5)
        parts.append(f"Not counted, so that the sums are lower bounds: {some_}.")
    return paragraph(" ".join(parts))


def _any(whole: Portfolio, at: int, *states: Fits) -> bool:
    return any(s.tiers[at].fits in states for s in whole.shared)


def _on(at: int) -> Callable[[Shared], Content]:
    def on(found: Shared) -> Content:
        tier: OnTier = found.tiers[at]
        kind, sign = _FITS[tier.fits]
        if tier.limit is None:
            return mark(kind, sign, "none" if tier.fits is Fits.NO_LIMIT else "n/a")
        share = element("small", percent(found.count / tier.limit))
        return mark(kind, sign, f"{tier.limit:,}") + share

    return on


def sharing_table(whole: Portfolio) -> Html:
    """One gateway for all against one for each, option by option."""
    named = whole.currency
    said = (
        "For each option, the workloads that it is in for. One gateway costs at least what the "
        "units of the largest workload cost, and at most what all units cost that they have apart: "
        "how their loads add up, no file says. Everything beside the gateway stays. A fault of one "
        "gateway stops all operations behind it."
    )
    return paragraph(said) + table(
        f"One gateway against one for each, {named} a month",
        whole.sharing,
        Column("Option", lambda s: s.title),
        Column("Workloads", lambda s: f"{s.workloads:,}"),
        Column("One for each", lambda s: s.each.text(money)),
        Column("One for all", _together),
        Column("Operations stopped, each", lambda s: f"{s.operations_each:,} at most"),
        Column("Operations stopped, one", lambda s: f"{s.operations_together:,}"),
        Column("Opened by a leak, each", lambda s: s.leaked_each.text(number)),
        Column("Opened by a leak, one", lambda s: s.leaked_together.text(number)),
        whole=True,
    )


def _together(found: Sharing) -> Content:
    if found.together is None:
        return mark("none", "?", "not known") + element("small", found.unknown)
    many = f"{counted(found.gateways, 'gateway')} of {found.tier}"
    return element("span", found.together.text(money)) + element("small", many)


def claimed_table(whole: Portfolio) -> Html:
    """What several workloads claim."""
    return table(
        "Claimed by several workloads",
        whole.collisions,
        Column("What", lambda c: c.kind),
        Column("Name", lambda c: code(c.what)),
        Column("Workloads", lambda c: some(c.workloads)),
        Column("What follows", lambda c: c.means),
    )


def crossings_table(whole: Portfolio) -> Html:
    """Who calls a Service of another workload."""
    said = (
        "Hosts that a workload is told to call and that only another workload has as a Service. "
        "Unless both name the same existing cluster, it holds if they run in one."
    )
    return paragraph(said) + table(
        "Calls from one workload to another",
        whole.crossings,
        Column("Workload", lambda c: c.workload),
        Column("Caller", lambda c: c.caller),
        Column("Service", lambda c: code(f"{c.service}:{c.port}" if c.port else c.service)),
        Column("Of", lambda c: some(c.others)),
        Column("Sure", _sure),
        Column("Said by", lambda c: c.place),
    )


def _sure(found: Crossing) -> Html:
    if found.sure:
        return mark("plain", "✓", "same cluster")
    words = "one of them" if len(found.others) > 1 else "if in one cluster"
    return mark("none", "?", words)


def portfolio_words() -> Html:
    """What the words of the page mean."""
    return definitions(
        (
            (
                "Risk",
                f"Sorted by the first of these that differs: {'; '.join(ORDER)}. What is not "
                "known counts as the most it can be.",
            ),
            (
                "In, out",
                "Whether the option meets every requirement of the workload. Undecided: "
                "nobody can tell from its files. Not compared: only something that is not drawn "
                "would meet it.",
            ),
            (
                "Score",
                "0 to 1 under the workload's own weights, so that it compares the options "
                "of one workload and not workloads.",
            ),
            ("Cost", "What differs between the options of a workload a month, at list prices."),
            ("Public", "Application endpoints of the cluster that the internet can reach."),
            ("Checks", "From the design alone; those that need Azure are not run."),
        )
    )
