"""What of docs/live-run.md was seen on the local Azure, line by line, and what only Azure shows.

`python -m tests.support.live_run` writes the table anew; a test compares it and looks for each
test that it names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.support.markdown import table
from tests.support.places import REPOSITORY

FILE = REPOSITORY / "docs" / "live-run.md"
HEAD = "## What was seen locally\n"
_AFTER = "## What is still unknown\n"
_LINE = re.compile(r"^\| (\d+[a-g]?|[a-e]) \|", re.M)
_FAULTS = re.compile(r"^\| do \| expect \|\n\|[ -]*---.*\n((?:\| .*\n)+)", re.M)
_DEPLOY, _CUT = "deployment/test_deployment.py", "cutover/test_whole_way.py"
_LIVE, _CALLS = "verification/test_live_end_to_end.py", "verification/test_live_calls.py"
_STANDS = "verification/test_azure_resources.py"

Seen = tuple[str, str, str]
"""File of the test, its name, and what only Azure can show."""

LINES: dict[str, Seen] = {
    "1": (_DEPLOY, "test_without_a_subscription_only_the_files_say_what_would_change", "nothing"),
    "2": (
        _DEPLOY,
        "test_a_ready_subscription_passes_every_look",
        "permissions of the subscription's scope; whether names are free",
    ),
    "3": (
        _DEPLOY,
        "test_the_plan_of_an_empty_group_is_everything_new_and_changes_nothing",
        "the codes of what-if",
    ),
    "3b": (
        "deployment/test_ground.py",
        "test_a_new_cluster_starts_only_once_it_is_said_how_the_workload_gets_there",
        "nothing",
    ),
    "4": (
        _DEPLOY,
        "test_a_run_killed_at_any_request_goes_on_with_the_next",
        "that Azure goes on; that the record set of the lease is refused",
    ),
    "5": (
        _CUT,
        "test_an_option_goes_its_whole_way_and_back",
        "how long a role takes to arrive; that an image is pulled",
    ),
    "5b": (
        _CUT,
        "test_an_option_goes_its_whole_way_and_back",
        "real load balancers; real proxies and callers were seen locally ([scenes.md](scenes.md))",
    ),
    "6": (_DEPLOY, "test_a_second_run_creates_nothing_and_says_so", "what-if of what stands"),
    "7": (
        "deployment/test_what_if.py",
        "test_noise_is_folded",
        "lines of noise that nobody has recorded",
    ),
    "8": (
        _LIVE,
        "test_a_standing_option_is_verified_on_the_command_line",
        "false alarms of properties that Azure adds",
    ),
    "9": (
        _DEPLOY,
        "test_what_was_created_goes_in_reverse_and_what_was_not_stays",
        "how a subnet lets go; how long a purge takes",
    ),
    "10": (
        _DEPLOY,
        "test_a_real_design_is_deployed_twice_and_removed_without_a_trace",
        "nothing",
    ),
    "8a": (
        _CALLS,
        "test_without_a_control_nobody_waits_for_telemetry",
        "nothing",
    ),
    "8b": (
        _CALLS,
        "test_telemetry_is_waited_for_and_asked_once_for_all_checks",
        "names of columns; how long logs take",
    ),
    "8c": (_CALLS, "test_an_internal_ingress_is_tried_from_inside", "real load balancers"),
    "8d": (_STANDS, "test_exactly_the_checks_of_what_was_broken_go_red", "nothing"),
    "8e": (
        _STANDS,
        "test_exactly_the_checks_of_what_was_broken_go_red",
        "names that Azure gives rules",
    ),
    "8g": (
        "verification/test_as_built.py",
        "test_what_changes_there_ends_a_proof",
        "what kubectl and jq print in a run command",
    ),
    "8f": (
        _STANDS,
        "test_a_refusal_hides_only_the_checks_that_need_it",
        "which reads need more than Reader",
    ),
    "a": (_DEPLOY, "test_missing_certificates_stop_the_run_and_nothing_waits", "nothing"),
    "b": (
        _DEPLOY,
        "test_certificates_are_requested_signed_outside_and_merged",
        "the network rule of the vault",
    ),
    "c": (_DEPLOY, "test_certificates_are_requested_signed_outside_and_merged", "nothing"),
    "d": (
        _CALLS,
        "test_the_gate_tells_a_real_envoy_with_mutual_tls_from_one_without",
        "the add-on's own proxy",
    ),
    "e": (_DEPLOY, "test_no_api_is_published_while_the_entry_serves_everybody", "nothing"),
    "cancel": (
        _DEPLOY,
        "test_a_deployment_that_somebody_cancelled_is_said_and_goes_on_next_time",
        "nothing",
    ),
    "put": (_DEPLOY, "test_lasting_faults_end_in_one_sentence_after_bounded_tries", "the code"),
    "take": (_DEPLOY, "test_each_look_turns_red_alone", "the code"),
    "pull": (_DEPLOY, "test_passing_faults_are_survived_and_nothing_is_made_twice", "nothing"),
    "do": (
        _DEPLOY,
        "test_a_removal_that_never_ends_stops_and_goes_on_later",
        "how long a classic instance takes",
    ),
    "let": (_DEPLOY, "test_a_sign_in_that_ran_out_for_good_is_a_sentence", "nothing"),
}
"""Each line by its number or letter, a fault by the first word of what is done."""


def lines(text: str) -> list[str]:
    """Every line of the walk, in its order."""
    body = text.partition(HEAD)[0]
    faults = _FAULTS.search(text)
    assert faults
    words = [row.split()[1] for row in faults[1].splitlines()]
    return [*_LINE.findall(body), *words]


def section() -> str:
    """The section of the document."""
    rows = table(("line", "seen locally by", "only Azure shows"), _rows())
    return f"{HEAD}\nMade by `make golden`; a fault stands by its first word.\n\n{rows}\n\n"


def _rows() -> Iterator[tuple[str, str, str]]:
    for line, (file, test, rest) in LINES.items():
        yield line, f"`{file}::{test}`", rest


def written(text: str) -> str:
    """The document with the section as it is now."""
    start = text.partition(HEAD)[0] if HEAD in text else text.partition(_AFTER)[0]
    return f"{start}{section()}{_AFTER}{text.partition(_AFTER)[2]}"


if __name__ == "__main__":
    FILE.write_text(written(FILE.read_text(encoding="utf-8")), encoding="utf-8")
