"""Work grows with Services and with policies, and not with the square of either."""

from __future__ import annotations

from tests.support.effort import calls
from tests.support.reach_load import answered, loaded


def test_work_grows_no_faster_than_services_times_policies() -> None:
    small, services, policies = loaded(100, 20), loaded(200, 20), loaded(100, 40)
    assert answered(small) > 100
    once = calls(lambda: answered(small))
    assert calls(lambda: answered(services)) < 2.5 * once
    assert calls(lambda: answered(policies)) < 2.5 * once
