"""All options and drawn variants under what architects ask for, as a document.

`make golden` writes docs/situations.md anew; test_situations.py holds it to what is computed. The
lines of judgement are ours, written by hand beside the tool's answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from apim_aks.decision.design import Design, Placement, design, with_requirement
from apim_aks.decision.measures import money
from apim_aks.facts import requirement_row
from apim_aks.facts.criterion_ids import MONTHLY_COST
from apim_aks.options import option
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Consumer, Workload
from apim_aks.workload.traffic import Traffic
from tests.support.markdown import table
from tests.support.places import REPOSITORY
from tests.support.scenario import COUNTED

FILE = REPOSITORY / "docs" / "situations.md"
WORKLOADS = ("contoso-orders", "contoso-retail")
SHOWN = (*COUNTED, option("self-hosted-gateway"))
_HEAD = """# Every option and variant, in eleven situations

Made by `make golden` from what `design` computes; the lines under *Judgement* are the authors',
as architects would say them. A cell is the price a month in US dollars of a variant that meets
what is asked, `≥` where its end is open, **bold** where the variant comes first, with * where it
stands for its option; or the first requirement that rules it out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What somebody states, and what we would say about the tool's answer."""

    name: str
    states: Callable[[Workload], Workload]
    judgement: str


def _required(**wanted: object) -> Callable[[Workload], Workload]:
    return lambda workload: with_requirement(workload, **wanted)


def _called_from(*places: Consumer) -> Callable[[Workload], Workload]:
    return lambda workload: replace(workload, consumers=places)


def _load(requests: float) -> Callable[[Workload], Workload]:
    return lambda workload: replace(workload, traffic=Traffic(requests_per_second=requests))


def _regulated(workload: Workload) -> Workload:
    asked = with_requirement(
        workload,
        no_public_cluster_endpoint=True,
        private_gateway=True,
        web_application_firewall=True,
    )
    return replace(asked, preset="regulated")


SITUATIONS = (
    Situation(
        name="nothing stated",
        states=lambda workload: workload,
        judgement=(
            "Fits: for three Services the integrated v2 tier is what most teams would take. For "
            "eleven it is a tie with the public ingress at a fifth of the price, and the "
            "verdict says so; whoever may have no public endpoint should state it."
        ),
    ),
    Situation(
        name="internet consumers",
        states=_called_from(Consumer.INTERNET),
        judgement=(
            "Fits: as with nothing stated. Internal mode stays in, behind an Application "
            "Gateway, and costs four times as much; its firewall alone does not pay for that."
        ),
    ),
    Situation(
        name="same network only",
        states=_called_from(Consumer.SAME_VNET),
        judgement=(
            "Fits for v2: the private endpoint takes the public gateway's place for USD 8 a "
            "month. Options 1 and 2 may keep a public gateway, since the endpoint costs them a "
            "network team as well; we would close it all the same and state `private_gateway`."
        ),
    ),
    Situation(
        name="private gateway",
        states=_required(private_gateway=True),
        judgement=(
            "Fits: Standard v2 with a private endpoint stays in at about USD 730 where callers "
            "are inside; callers on the internet put an edge before the endpoint: Front Door at "
            "about 1,050, for which nobody renews a certificate, or an Application Gateway at "
            "about 1,000. Only external mode, which is public by definition, is out."
        ),
    ),
    Situation(
        name="fixed outbound address",
        states=_required(static_outbound_ip=True),
        judgement=(
            "Careful: v2 is not compared, since nobody has documented that a NAT gateway on its "
            "subnet fixes the address. We would try exactly that before paying for Premium."
        ),
    ),
    Situation(
        name="zones",
        states=_required(availability_zones=True),
        judgement=(
            "Careful: Microsoft's pages contradict each other about zones of Standard v2, and "
            "West Europe has no Premium v2, so that classic Premium alone counts. Create a "
            "Standard v2 with zones first: a refusal is the answer."
        ),
    ),
    Situation(
        name="two regions",
        states=_required(regions=2),
        judgement=(
            "Fits: only classic Premium builds a second region of one instance, and pays for "
            "it. Services and cluster stay in one, so that we would ask what the second gateway "
            "is for."
        ),
    ),
    Situation(
        name="regulated",
        states=_regulated,
        judgement=(
            "Fits: no public endpoint of the cluster, a private gateway and a firewall leave v2 "
            "behind Front Door and internal mode behind an Application Gateway, which v2 can "
            "have as well. Auditors who ask for injection take internal mode."
        ),
    ),
    Situation(
        name="budget 500",
        states=_required(monthly_budget=500.0),
        judgement=(
            "Fits: below 500 only Basic tiers with public addresses are left. Public Services "
            "are not worth what they save against one ingress with client certificates."
        ),
    ),
    Situation(
        name="200 requests/s",
        states=_load(200.0),
        judgement=(
            "Fits: one unit of any classic tier carries it. Nobody publishes what a v2 unit "
            "carries, so that the answer is open there until a load test; we expect it to carry "
            "this."
        ),
    ),
    Situation(
        name="5,000 requests/s",
        states=_load(5000.0),
        judgement=(
            "Surprises until one reads why: two units of Basic end at 2,000 and four of "
            "Standard at the lower of two published figures, 4,000. Option 2 needs a fixed "
            "address and moves to two units of Premium; option 1 moves to Basic v2 and v2 stays "
            "at one unit, where nobody publishes a throughput. Plan nothing here without a load "
            "test."
        ),
    ),
)


def made(workload: Workload, situation: Situation) -> Design:
    """The comparison of the options that the pages count, with what this situation states."""
    return design(situation.states(workload), SHOWN)


def document() -> str:
    """The whole text."""
    return (
        "\n\n".join((_HEAD, *(part for name in WORKLOADS for part in of(name, every(name))))) + "\n"
    )


def every(name: str) -> dict[str, Design]:
    """The comparison of a bundled workload in each situation."""
    workload = read_workload(name)
    return {s.name: made(workload, s) for s in SITUATIONS}


def of(name: str, found: dict[str, Design]) -> Iterator[str]:
    """The table of a workload, and a line for each situation."""
    yield f"## {name}"
    yield _cells(found)
    yield f"### {name}: what comes first"
    yield "\n".join(_line(s, found[s.name]) for s in SITUATIONS)


def _cells(found: dict[str, Design]) -> str:
    every = {_key(v): v for made in found.values() for v in made.variants}
    order = {o.id: at for at, o in enumerate(SHOWN)}
    keys = sorted(every, key=lambda key: order[key[0]])
    rows = ((_named(every[key]), *(_cell(made, key) for made in found.values())) for key in keys)
    return table(("option and variant", *found), rows)


def _key(placement: Placement) -> tuple[str, str]:
    return placement.option.id, placement.choices.words


def _named(placement: Placement) -> str:
    return f"`{placement.option.id}`: {placement.choices.words}"


def _cell(made: Design, key: tuple[str, str]) -> str:
    variant = next((v for v in made.variants if _key(v) == key), None)
    if variant is None:
        return "not drawn"
    if variant.ruled_out or variant.not_compared:
        return _out(variant)
    price = _price(variant)
    own = made.placement(variant.option.id)
    stands = own.choices == variant.choices
    star = f"{price}{' *' if stands else ''}"
    return f"**{star}**" if stands and made.ranking.winner == variant.option.id else star


def _price(variant: Placement) -> str:
    cost = variant.measure(MONTHLY_COST)
    return f"{'' if cost.exact else '≥ '}{money(round(cost.low))}"


def _out(variant: Placement) -> str:
    missed = [*variant.ruled_out, *variant.not_compared]
    label = requirement_row(missed[0].requirement).label
    return f"{'no' if variant.ruled_out else 'as drawn no'}: {label.lower()}"


def _line(situation: Situation, made: Design) -> str:
    judged = f"*Judgement:* {situation.judgement}"
    if not made.ranking.winner:
        return f"- **{situation.name}**: no option meets it. {judged}"
    first = made.placement(made.ranking.winner)
    lead = f", {made.ranking.lead:.3f} ahead" if len(made.ranking.standings) > 1 else ""
    said = f"{option(first.option.id).title} on {first.tier.name}, {first.choices.words}"
    return f"- **{situation.name}**: {said}, USD {_price(first)}{lead}. {judged}"


if __name__ == "__main__":
    FILE.write_text(document(), encoding="utf-8", newline="\n")
