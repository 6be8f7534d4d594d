"""Callers moved one host at a time and moved back, on the local Azure, killed at every step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from apim_aks.__main__ import main
from apim_aks.cutover.cutover import would_move
from apim_aks.cutover.hosts import hosts
from apim_aks.cutover.record import HostState
from apim_aks.cutover.rollback import would_go_back
from apim_aks.cutover.session import Stopped
from apim_aks.cutover.watch import counted, too_many
from apim_aks.deployment import Fate, Run, removal, remove
from apim_aks.errors import InputError
from apim_aks.remote.azure import AzureRefused, RecordSet, leading_to, with_ttl
from apim_aks.remote.calls import Caller
from tests.cutover.town import (
    BY_HAND,
    GROUP,
    HOST,
    NEW,
    OLD,
    OPTION,
    START,
    ZONE,
    Town,
    moved_design,
    moved_project,
    town,
    written,
)
from tests.support.arm_server import Fault, error

HOUR = 3600


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path) as found:
        yield found


def old(there: Town) -> bool:
    held = there.record()
    return bool(held) and held["properties"]["ARecords"] == [{"ipv4Address": OLD}]


def new(there: Town) -> bool:
    held = there.record()
    return bool(held) and held["properties"]["ARecords"] == [{"ipv4Address": NEW}]


def moved(there: Town) -> None:
    """The lifetime is lowered, the old one is over, and the name is moved."""
    assert any("resolvers may keep its old lifetime" in w for w in there.cutover().waits_for)
    there.later += HOUR
    there.reborn()


def test_without_a_word_nothing_is_asked_and_everybody_is_listed() -> None:
    made = moved_design()
    shown = would_move(made, made.placement(OPTION))
    steps = {s.name: s for s in shown.steps}
    assert shown.steps[0].name == HOST and steps[HOST].state == "DNS"
    assert "a subscription key" in steps[HOST].seen
    partner = steps["contoso-retail-partners.westeurope.cloudapp.azure.com"]
    assert partner.state == "by hand" and f"call {HOST}" in partner.seen
    assert steps["node ports of shop/orders"].state == "by hand"
    said = steps["node ports of shop/orders"].seen
    assert "Say --moved 'node ports of shop/orders' when" in said and "nodes:" not in said
    assert not shown.finished
    inside = {s.id for s in hosts(made, made.placement(OPTION)) if not s.services}
    assert inside == set()


def test_a_name_that_serves_somebody_else_too_is_not_moved_as_a_whole() -> None:
    made = moved_design()
    services = tuple(
        replace(s, routes=tuple(replace(r, elsewhere=("Service blog/web",)) for r in s.routes))
        for s in made.workload.services
    )
    shared = replace(made, workload=replace(made.workload, services=services))
    host = next(h for h in hosts(shared, made.placement(OPTION)) if h.id == HOST)
    assert not host.by_dns and "The name also leads to Service blog/web" in host.by_hand


def test_the_lifetime_is_lowered_first_and_its_old_one_is_waited_for(there: Town) -> None:
    first = there.cutover()
    assert old(there) and there.record()["properties"]["TTL"] == 60
    kept = there.kept().host(HOST)
    assert kept.state is HostState.LOWERED and kept.lowered_at == START
    assert kept.kept[0].properties == {
        "TTL": 3600,
        "ARecords": [{"ipv4Address": OLD}],
        "fqdn": f"{HOST}.",
    }
    assert any("2027-01-15 09:00 UTC" in w for w in first.waits_for)
    there.reborn()
    there.cutover()
    assert len(written(there.arm)) == 1 and old(there)


def test_who_may_not_move_a_name_back_moves_none(there: Town) -> None:
    actions = ["Microsoft.Resources/*", "Microsoft.Network/privateDnsZones/*", "*/read"]
    there.arm.permissions = [{"actions": actions, "notActions": []}]
    done = there.cutover()
    assert "1 of cutover missing: Microsoft.Network/dnsZones/*/write" in done.waits_for[0]
    assert written(there.arm) == []


def test_callers_move_and_the_next_run_changes_nothing(there: Town) -> None:
    moved(there)
    done = there.cutover()
    assert done.finished and "close" in done.follows, done.waits_for
    assert new(there) and there.kept().complete_at >= START + HOUR
    assert there.kept().host(HOST).state is HostState.WATCHED
    asked = there.asked.count(HOST)
    assert asked > 10, "the host itself is called while it is watched"
    before = written(there.arm)
    there.reborn()
    again = there.cutover()
    assert again.finished and written(there.arm) == before
    assert {s.state for s in again.steps if s.name == HOST} == {"already"}


def test_what_a_person_does_is_waited_for(there: Town) -> None:
    first = there.cutover(moved=("nodes:*", "internal:*"))
    assert "Say --moved contoso-retail-catalog" in " ".join(first.waits_for)
    there.later += HOUR
    done = there.cutover(prepared=())
    assert len(done.waits_for) == 1 and "have to send a subscription key" in done.waits_for[0]
    assert f"Say --prepared {HOST} when they do" in done.waits_for[0]
    assert old(there) and not there.kept().complete_at


def test_without_a_zone_the_exact_record_is_said_and_the_move_by_hand_is_followed(
    there: Town,
) -> None:
    done = there.cutover(zones=())
    assert f"{HOST}. 60 IN CNAME apim-retail01.azure-api.net. (or A {NEW})" in " ".join(
        done.waits_for
    )
    assert written(there.arm) == []
    told = there.cutover(zones=(), moved=(*BY_HAND, HOST))
    assert f"resolves here to {OLD} still" in " ".join(told.waits_for)
    there.record()["properties"]["ARecords"] = [{"ipv4Address": NEW}]
    assert there.cutover(zones=(), moved=(*BY_HAND, HOST)).finished


def test_callers_that_nobody_confirmed_hold_the_end(tmp_path: Path) -> None:
    with town(tmp_path, confirmed=False) as there:
        moved(there)
        done = there.cutover()
        assert "25 callers inside the cluster are neither confirmed nor struck" in done.waits_for[0]
        assert new(there) and not there.kept().complete_at


def test_nothing_moves_before_deploy_is_complete_or_an_api_answers(there: Town) -> None:
    there.status = lambda call: 500
    done = there.cutover()
    assert "the new path does not answer for every API" in done.waits_for[0]
    (there.live.folder / "state" / "contoso-retail" / f"{OPTION}.json").unlink()
    assert "run deploy --apply first" in there.cutover().waits_for[0]
    assert written(there.arm) == []


# What goes wrong after the move


def test_a_host_that_answers_5xx_after_the_move_stops_everything(there: Town) -> None:
    moved(there)
    there.status = lambda call: 502 if call.host == HOST and new(there) else 200
    with pytest.raises(Stopped, match=f"{HOST} was moved and does not answer .* rollback --apply"):
        there.cutover()
    assert there.kept().host(HOST).state is HostState.STOPPED
    there.status = lambda call: 200
    back = there.rollback()
    assert back.finished and old(there) and there.record()["properties"]["TTL"] == 3600


@pytest.mark.parametrize(
    ("kind", "stops"), [("5xx", True), ("4xx", True), ("3xx", False), ("2xx", False)]
)
def test_requests_of_others_that_fail_stop_it_too(there: Town, kind: str, stops: bool) -> None:
    moved(there)
    there.arm.requests += [(there.now() + 60 * m, kind, 10) for m in range(30)]
    if not stops:
        assert there.cutover().finished
        return
    with pytest.raises(Stopped, match=rf"100.0 % of \d+ requests failed \(\d+ {kind}\)"):
        there.cutover()
    if kind == "4xx":
        assert there.cutover(failures=101).finished, "another number is the reader's own"
        return
    there.arm.requests = [r for r in there.arm.requests if r[1] != kind or r[0] < there.now()]
    assert there.cutover().finished, "what was mended counts from now on"


def test_what_callers_have_moved_to_is_not_removed(there: Town) -> None:
    made = moved_project()

    def gone(**said: bool) -> None:
        run = Run(folder=there.given().folder, confirm=there.given().confirm)
        remove(there.live.client, made, apply=True, run=run, **said)

    moved(there)
    assert there.cutover().finished
    with pytest.raises(InputError, match=rf"callers have moved to it \(.*{HOST}.*rollback --apply"):
        gone()
    assert new(there) and there.arm.gone == []
    (led,) = removal(there.live.client, made, there.given().folder).of(Fate.LEADS)
    assert led.what == f"DNS record content (A) of {ZONE}"
    assert led.because.startswith(f"60 IN A {NEW}: remove it")
    there.rollback()
    assert not removal(there.live.client, made, there.given().folder).of(Fate.LEADS)
    gone()


def test_a_name_that_somebody_moved_by_hand_is_looked_up_before_it_leads_nowhere(
    there: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Caller, "addresses", lambda self, host: there.resolved(host))
    there.elsewhere[HOST] = (NEW,)
    assert there.cutover(moved=(HOST, *BY_HAND), zones=()).finished
    made, folder = moved_project(), there.given().folder
    (led,) = removal(there.live.client, made, folder).of(Fate.LEADS)
    assert led.what == f"DNS name {HOST}" and f"resolves here to {NEW}: remove" in led.because
    there.elsewhere[HOST] = (OLD,)
    assert not removal(there.live.client, made, folder).of(Fate.LEADS)


def test_a_share_is_held_against_the_hour_before() -> None:
    before = counted({"2xx": 90, "5xx": 10}, ("4xx", "5xx"))
    assert too_many(counted({"2xx": 86, "5xx": 14}, ("4xx", "5xx")), before, 5, 20) == ""
    assert "16.0 % of 100" in too_many(
        counted({"2XX": 84, "5xx": 16}, ("4xx", "5xx")), before, 5, 20
    )
    assert too_many(counted({"5xx": 19}, ("4xx", "5xx")), before, 5, 20) == "", "too few to tell"


def test_nothing_moves_where_it_could_not_be_watched(there: Town) -> None:
    moved(there)
    refusal = error("AuthorizationFailed", "no metrics for you")
    there.arm.faults.append(Fault("GET", "insights/metrics", 403, refusal, times=99))
    with pytest.raises(AzureRefused, match="metric"):
        there.cutover()
    there.arm.faults.clear()
    assert there.rollback().finished and old(there)


def test_a_record_that_somebody_else_changes_is_left_alone(there: Town) -> None:
    moved(there)
    held = there.record()
    held["properties"]["ARecords"] = [{"ipv4Address": "198.51.100.7"}]
    assert "changed elsewhere since" in " ".join(there.cutover().waits_for)
    back = there.rollback()
    assert "198.51.100.7 since a change made elsewhere" in " ".join(back.waits_for)
    assert there.record()["properties"]["ARecords"] == [{"ipv4Address": "198.51.100.7"}]


def test_a_name_that_external_dns_keeps_is_moved_there(there: Town) -> None:
    mark = {"TTL": 300, "TXTRecords": [{"value": ["heritage=external-dns,external-dns/owner=x"]}]}
    there.arm.put(f"{there.zone()}/TXT/a-content", etag="t", properties=mark)
    assert "external-dns manages this name and would change it back" in " ".join(
        there.cutover().waits_for
    )
    assert written(there.arm) == []


def test_an_address_of_the_other_family_goes_and_comes_back(there: Town) -> None:
    six = {"TTL": 3600, "AAAARecords": [{"ipv6Address": "2001:db8::9"}]}
    there.arm.put(f"{there.zone()}/AAAA/content", etag="six", properties=six)
    moved(there)
    assert there.cutover().finished
    assert there.record("AAAA") is None and new(there)
    assert there.rollback().finished
    assert there.record("AAAA")["properties"] == six and old(there)


def test_a_name_that_nobody_calls_yet_is_made_and_taken_away_again(tmp_path: Path) -> None:
    with town(tmp_path, host=f"api.{ZONE}") as there:
        first = would_move(moved_design(host=there.host), there.scene().placement).steps[0]
        assert (first.name, first.state) == (f"api.{ZONE}", "DNS")
        done = there.cutover(moved=("*-*", "*:*", HOST), prepared=())
        assert done.finished, done.waits_for
        made = there.record("CNAME", "api")["properties"]
        assert made == {"TTL": 60, "CNAMERecord": {"cname": "apim-retail01.azure-api.net"}}
        assert old(there), "the name of today leads on to what serves it"
        assert there.rollback().finished and there.record("CNAME", "api") is None


@pytest.mark.parametrize(
    ("fault", "refused"),
    [
        (Fault("PUT", "/A/content$", 403, error("AuthorizationFailed", "no"), times=99), True),
        (Fault("PUT", "/A/content$", 412, error("PreconditionFailed", "no"), times=1), True),
        (Fault("PUT", "/A/content$", 500, error("InternalServerError", "no"), times=2), False),
        (Fault("PUT", "/A/content$", cut=True, times=1), False),
        (Fault("PUT", "/A/content$", 503, error("Busy", "no"), times=1, done_first=True), False),
    ],
    ids=["forbidden", "changed meanwhile", "error", "line cut", "answer lost"],
)
def test_what_a_zone_may_answer_does_no_harm(there: Town, fault: Fault, refused: bool) -> None:
    moved(there)
    there.arm.faults.append(fault)
    if refused:
        with pytest.raises(AzureRefused):
            there.cutover()
        assert old(there)
        there.arm.faults.clear()
    assert there.cutover().finished and new(there)
    assert there.rollback().finished and old(there)


@pytest.mark.parametrize(
    ("zone", "names"), [("dnsZones", ("TTL", "ARecords")), ("privateDnsZones", ("ttl", "aRecords"))]
)
def test_each_kind_of_zone_has_its_own_spelling(zone: str, names: tuple[str, str]) -> None:
    id = f"/subscriptions/x/resourceGroups/g/providers/Microsoft.Network/{zone}/a.example/A/b"
    told = leading_to(id, 60, ("10.0.0.4",))
    assert told == {names[0]: 60, names[1]: [{"ipv4Address": "10.0.0.4"}]}
    alias = {names[0]: 300, names[1]: [], "targetResource": {"id": "/ip"}, "fqdn": "b.a.example."}
    held = RecordSet(id=id, kind="A", ttl=300, targets=(), alias="/ip", properties=alias)
    assert with_ttl(held, 60) == {
        names[1]: [],
        "targetResource": {"id": "/ip"},
        names[0]: 60,
    }
    assert held.line == "300 IN A /ip" and held.holds(with_ttl(held, 300))


# Killed


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [1, 2])
def test_a_killed_cutover_goes_on_and_does_nothing_twice(there: Town, at: int, after: bool) -> None:
    there.arm.kill_at, there.arm.killed_after = at, after
    with pytest.raises(KeyboardInterrupt):
        there.cutover()
        there.later += HOUR
        there.cutover()
    assert there.kept().host(HOST).kept, "what the name was is written before it is changed"
    there.reborn()
    done = there.cutover()
    if at == 1:
        assert "resolvers may keep its old lifetime" in " ".join(done.waits_for)
        there.later += HOUR
        done = there.cutover()
    assert done.finished and new(there)
    assert len([w for w in written(there.arm) if w.endswith("/A/content")]) == 2
    assert there.kept().host(HOST).kept[0].ttl == 3600, "the lifetime that it had is not forgotten"
    assert there.rollback().finished and there.record()["properties"]["TTL"] == 3600


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [1, 2])
def test_rollback_works_from_any_step_of_a_killed_cutover(
    there: Town, at: int, after: bool
) -> None:
    there.arm.kill_at, there.arm.killed_after = at, after
    with pytest.raises(KeyboardInterrupt):
        there.cutover()
        there.later += HOUR
        there.cutover()
    there.reborn()
    assert there.rollback().finished
    assert old(there) and there.record()["properties"]["TTL"] == 3600
    count = len(written(there.arm))
    assert there.rollback().finished and len(written(there.arm)) == count


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_killed_rollback_goes_on(there: Town, after: bool) -> None:
    moved(there)
    there.cutover()
    there.arm.kill_at, there.arm.killed_after = 1, after
    with pytest.raises(KeyboardInterrupt):
        there.rollback()
    there.reborn()
    assert there.rollback().finished and old(there)
    shown = would_go_back(there.kept(), OPTION)
    assert shown.waits_for and not there.kept().complete_at
    moved(there)
    assert there.cutover().finished and new(there)


# The command line and what is damaged


def test_a_damaged_record_is_said(there: Town) -> None:
    moved(there)
    path = there.live.folder / "state" / "contoso-retail" / f"{OPTION}.json"
    path.write_text(path.read_text().replace('"TTL lowered"', '"lost"'))
    there.arm.deployments.clear()
    with pytest.raises(InputError, match="the record of the cut-over cannot be read"):
        there.cutover()


def test_the_commands_end_as_far_as_they_came(
    there: Town, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apim_aks.cli.azure.arguments.azure", lambda *_: there.live.client)
    option = ["--workload", "contoso-orders", "--option", "v2-integration"]
    assert main(["cutover", *option]) == 0
    assert main(["close", *option, "--json"]) == 0
    shown = capsys.readouterr().out
    assert (
        "by hand: call of orders:orders/placeorder\n" in shown
        and '"60-network-policies.yaml"' in shown
    )
    option.append("--apply")
    assert main(["cutover", *option, "--zone", f"{GROUP}-{ZONE}"]) == 2
    said = ["--confirm", "b2/aks-orders01/e5f6", "--state", str(there.live.folder)]
    assert main(["cutover", *option, *said[2:]]) == 3
    assert main(["close", *option, *said, "--after", "12h"]) == 3
    assert main(["rollback", *option, "--state", str(there.live.folder)]) == 2
    told = capsys.readouterr().err
    assert "Deploy is not complete" in told and "The cut-over is not complete" in told
    assert "Give --confirm a1b2/aks-orders01/e5f6" in told and "must be GROUP/NAME" in told
    assert main(["rollback", *option, *said[2:], "--confirm", "a1b2/aks-orders01/e5f6"]) == 0
    assert "Callers are served as before" in capsys.readouterr().out


def test_who_moved_by_hand_and_fails_is_not_part_of_the_hour_before(there: Town) -> None:
    """The share is held against the hour before the cut-over began, over all of its runs."""
    there.arm.requests += [(START - 60, "2xx", 40), (START + 60, "4xx", 40)]
    there.cutover(moved=())
    assert there.kept().began_at == START
    there.later += 3600
    there.arm.requests += [(there.now() + 60 * n, "4xx", 10) for n in range(1, 12)]
    with pytest.raises(Stopped, match=r"100.0 % of .* requests failed .*, and 0.0 % of .* before"):
        there.cutover()
