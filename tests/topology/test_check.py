import pytest

from apim_aks.topology.check import Check, Severity, State, tally


def check(state: State, observed: str = "", reason: str = "") -> Check:
    return Check(
        id="o.c",
        option="o",
        claim="P1",
        severity=Severity.MUST,
        state=state,
        expected="expected",
        observed=observed,
        how="how",
        reason=reason,
    )


def test_a_check_that_was_not_run_must_say_why() -> None:
    with pytest.raises(ValueError, match="gives no reason"):
        check(State.NOT_RUN)
    assert check(State.NOT_RUN, reason="no Azure").state is State.NOT_RUN


def test_a_check_that_ended_must_show_what_was_seen() -> None:
    for state in (State.PASS, State.FAIL):
        with pytest.raises(ValueError, match="nothing observed"):
            check(state)


def test_every_state_has_a_sign_of_its_own() -> None:
    assert len({s.sign for s in State}) == len(State)


def test_a_tally_says_how_checks_ended() -> None:
    ended = [check(State.FAIL, observed="503"), check(State.NOT_RUN, reason="no Azure")]
    assert tally(ended) == "2 checks (0 pass, 1 fail, 1 not run)"
    assert tally(ended[:1]) == "1 check (0 pass, 1 fail, 0 not run)"
