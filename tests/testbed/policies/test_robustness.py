"""Other people's documents and callers' worst requests: refused or answered, never a crash."""

from __future__ import annotations

import random
import re
from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from apim_aks.errors import InputError
from apim_aks.testbed.policies.document import Reader
from apim_aks.testbed.policies.expressions import Unknown, expression
from tests.support.gateway_scenes import KEY, Scene
from tests.support.series import examples, seeds
from tests.testbed.policies.test_coverage import expressions
from tests.testbed.policies.test_generated import OTHER_TOKEN, TOKEN, rich

PLACED = re.compile(r"^a\.xml, line \d+(:|$)|^a\.xml, line \d+: .*")


def test_documents_of_others_are_read_or_refused_by_file_and_line(corpora: Path) -> None:
    """Of Microsoft's published snippets and samples most hold more than is generated."""
    outcomes: Counter[str] = Counter()
    for file in sorted((corpora / "apim-policies").rglob("*.xml")):
        try:
            Reader({}).document("a.xml", file.read_text(encoding="utf-8-sig"))
        except InputError as error:
            assert PLACED.match(str(error)), error
            assert "is not known to the testbed's policy interpreter; " in str(error)
            outcomes["refused"] += 1
        else:
            outcomes["read"] += 1
    assert outcomes["refused"] > 80 and outcomes["read"] >= 1


@seeds(1)
def test_a_changed_expression_is_known_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    whole = sorted(expressions())
    for _ in range(150):
        text = chance.choice(whole)
        at, cut = chance.randrange(2, len(text)), chance.randrange(7)
        put = "".join(chance.choices('"().?!<>{}[]=&|;:,@\\ax1 ', k=chance.randrange(5)))
        try:
            expression(text[:at] + put + text[at + cut :])
        except Unknown as unknown:
            assert str(unknown)


ODD = st.one_of(
    st.text("/.%2eEfF5cC\\;:?#@{}* aé", max_size=24),
    st.sampled_from(["/..", "/%2e%2e/", "//", "/{id}", "/*", "/%00", "/%", "/a/../b", "/;x=1"]),
)


@examples(40)
@given(
    st.sampled_from(["/desk", "/orders", "/plain", "/users/login", "/secure", ""]),
    ODD,
    st.text("ab=&%20;+subscription-key{}", max_size=20),
    st.sampled_from(["GET", "POST", "OPTIONS", "HEAD", "*", "get"]),
    st.lists(
        st.tuples(
            st.sampled_from(["X-Set", "Origin", "Cookie", "X-Forwarded-For", "Accept"]),
            st.text("Bearer .,=abc\u00e9", max_size=20),
        ),
        max_size=3,
    ),
    st.sampled_from(["192.0.2.5", "", "::1", "not-an-ip"]),
)
def test_any_request_gets_an_answer(
    api: str,
    odd: str,
    query: str,
    method: str,
    headers: list[tuple[str, str]],
    address: str,
) -> None:
    token = OTHER_TOKEN if api in ("/orders", "/users/login") else TOKEN
    shown = (("Ocp-Apim-Subscription-Key", KEY), *token, *headers)
    at = Scene(rich())
    done = at.call(f"{api}{odd}?{query}", method, headers=shown, client_address=address)
    assert 200 <= done.response.status < 600
    assert len(done.sent) <= 1
    for sent in done.sent:
        assert re.match(r"https?://[a-z-]+(-shop)?[.\w-]*/", sent.url), sent.url
