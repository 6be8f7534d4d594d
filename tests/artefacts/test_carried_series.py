"""Whatever stands in a setting costs no route, and what is read of it can be written."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from apim_aks.apis.mapping import Api, ApiOperation
from apim_aks.artefacts.policies import carried
from apim_aks.facts.ingress_behaviours import ingress_behaviours
from apim_aks.workload.kubernetes.handling import with_settings
from apim_aks.workload.route import Route, Setting
from tests.support.series import examples

_KEYS = (
    "set add remove name value request response exact regex allowOrigins allowOrigin "
    "allowMethods allowHeaders maxAge allowCredentials sourceRange backendRequest "
    "customRequestHeaders customResponseHeaders accessControlAllowOriginList "
    "accessControlMaxAge"
)
_TEXTS = (
    ", true * X-A @(a) {{a}} %a% 9999999999999 10s 1.5h 500ms 7 ² ٣ 0.0.0.0/0 192.0.2.7/24 ::1 "
    "1.2.3.4/33 http://a https://b.example:8443/ https://*.c ftp://d"
)
ATOMS = st.one_of(
    st.sampled_from(_TEXTS.split()), st.none(), st.booleans(), st.integers(), st.floats(), st.text()
)
CONTENTS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(_KEYS.split()), st.none(), st.integers()), inner),
    ),
    max_leaves=8,
)
READ = sorted(n for n, row in ingress_behaviours().items() if row.outcome == "policy")


@examples(60)
@given(st.dictionaries(st.sampled_from(READ), CONTENTS, max_size=4))
def test_any_content_of_a_setting_is_read_or_named(found: dict[str, Any]) -> None:
    settings = [
        Setting(on="Ingress a", name=name, value="", file="a.yaml", line=1, content=content)
        for name, content in found.items()
    ]
    route = with_settings(Route(kind="Ingress", name="a", host="", path="/"), settings)
    assert [s.name for s in route.settings] == [s.name for s in settings]
    does = route.handling
    operation = ApiOperation(
        method="GET", template="/", service="a/b", port=80, backend_path="/", handling=does
    )
    api = Api(id="a", title="A", path="a", operations=(operation,), reason="")
    assert carried.common(api) == does
    assert bool(carried.cors(api)) is (does.cors is not None)
    assert len(carried.admission(does)) == bool(does.admitted) + bool(does.refused)
    for changes in (does.request_headers, does.response_headers):
        assert sum(len(b.statements) for b in carried.headers(changes)) == len(changes)
    assert does.timeout == 0 or carried.forward(does).statements
