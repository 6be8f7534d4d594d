"""Rendering of values: fragments of HTML with every value escaped, and whole pages.

Values come in, HTML goes out; nothing is decided or measured here. Data frames are in
`page.frames`, apart, since only they need pandas.
"""

from apim_aks.page.callers import callers_page, callers_short
from apim_aks.page.calls import calls_figure, calls_table
from apim_aks.page.changed import changed
from apim_aks.page.charts.charts import (
    contributions_chart,
    exposure_chart,
    exposure_table,
    flips_chart,
    robustness_chart,
    robustness_table,
)
from apim_aks.page.decision_script import movable_ranking
from apim_aks.page.document import GLOSSARY, document, regions_of, save, section, style
from apim_aks.page.downloads import downloads
from apim_aks.page.formats import formats
from apim_aks.page.glossary import glossary
from apim_aks.page.html import Html, element, folded, items, joined, mark, paragraph, table
from apim_aks.page.index import index, opening
from apim_aks.page.markdown import markdown
from apim_aks.page.option_page import (
    REACHABILITY,
    WHO_REACHES,
    avoid,
    certificates_table,
    changes_table,
    credentials_table,
    endpoints_table,
    example,
    figure,
    front_doors_table,
    in_one_sentence,
    path,
    placement_in_mode,
    reached_table,
    token_checks_table,
)
from apim_aks.page.reachability import reachability
from apim_aks.page.search import entries
from apim_aks.page.short_answers import (
    checks_answer,
    decision_answer,
    gateway_answer,
    mapping_answer,
    placements_answer,
    stated_answer,
)
from apim_aks.page.single_file import single_file
from apim_aks.page.tables.address_tables import planned_addresses, seen_addresses
from apim_aks.page.tables.artefact_tables import (
    built_folded,
    built_table,
    manifests_folded,
    policies_folded,
)
from apim_aks.page.tables.article_tables import (
    claims_table,
    concerns_matrix,
    corrections_table,
    folded_open_questions,
    lifecycle_table,
    neighbours_list,
    open_questions_table,
    retirements_table,
)
from apim_aks.page.tables.caller_tables import CALLERS, WHAT_CHANGES, callers_link
from apim_aks.page.tables.certificate_tables import expiry_table, rotation
from apim_aks.page.tables.check_tables import (
    checks_by_option,
    checks_summary,
    checks_table,
    failed_table,
    not_run_table,
    settled_table,
)
from apim_aks.page.tables.choice_tables import choices_table
from apim_aks.page.tables.comparison import (
    counted_table,
    criteria_table,
    measures_table,
    options_claims,
    requirements_table,
)
from apim_aks.page.tables.contract_tables import contract_change
from apim_aks.page.tables.decision_tables import (
    cost_table,
    dominated_list,
    hinges_table,
    requirement_changes_table,
    ruled_out_table,
)
from apim_aks.page.tables.drift_table import drift_table
from apim_aks.page.tables.failure_table import failures_table
from apim_aks.page.tables.gains import costs, gains
from apim_aks.page.tables.mapping_tables import (
    collisions_table,
    documents_table,
    imports,
    mapping_change,
    mapping_in_yaml,
    notes,
)
from apim_aks.page.tables.network_tables import (
    addresses_table,
    controllers_table,
    features_table,
    names_table,
    on_tier,
    plugins_table,
    rules_table,
    side_by_side,
    subnet_table,
    tiers_table,
)
from apim_aks.page.tables.phase_tables import phases
from apim_aks.page.tables.plan_tables import (
    asked_of,
    deployed_table,
    plan_stages,
    plan_summary,
    plan_warnings,
    removal_table,
)
from apim_aks.page.tables.ranking import (
    contributions_table,
    flips_table,
    missing_table,
    presets_table,
    ranking_table,
    ranking_under,
    weights_table,
)
from apim_aks.page.tables.start_tables import journey_table, questions_table, twin
from apim_aks.page.tables.testbed_tables import trial
from apim_aks.page.tables.workload_tables import (
    apis_table,
    exposed_types_table,
    findings,
    inputs_table,
    mapping_rows,
    operations_table,
    pods_table,
    services_table,
    summary,
)
from apim_aks.page.verdict import compared, decision, verdict, whole_verdict
from apim_aks.page.whole_lists import whole_pages

__all__ = [
    "checks_answer",
    "decision_answer",
    "gateway_answer",
    "mapping_answer",
    "placements_answer",
    "stated_answer",
    "whole_verdict",
    "journey_table",
    "questions_table",
    "twin",
    "choices_table",
    "GLOSSARY",
    "CALLERS",
    "WHAT_CHANGES",
    "callers_link",
    "callers_page",
    "callers_short",
    "REACHABILITY",
    "WHO_REACHES",
    "reachability",
    "removal_table",
    "deployed_table",
    "asked_of",
    "plan_stages",
    "plan_summary",
    "phases",
    "plan_warnings",
    "built_folded",
    "built_table",
    "downloads",
    "expiry_table",
    "failures_table",
    "manifests_folded",
    "planned_addresses",
    "policies_folded",
    "rotation",
    "seen_addresses",
    "contributions_chart",
    "exposure_chart",
    "exposure_table",
    "flips_chart",
    "robustness_chart",
    "robustness_table",
    "movable_ranking",
    "cost_table",
    "dominated_list",
    "hinges_table",
    "requirement_changes_table",
    "Html",
    "addresses_table",
    "apis_table",
    "avoid",
    "calls_figure",
    "calls_table",
    "certificates_table",
    "changed",
    "changes_table",
    "checks_by_option",
    "checks_summary",
    "checks_table",
    "claims_table",
    "collisions_table",
    "compared",
    "concerns_matrix",
    "contract_change",
    "contributions_table",
    "controllers_table",
    "corrections_table",
    "costs",
    "counted_table",
    "credentials_table",
    "criteria_table",
    "decision",
    "document",
    "documents_table",
    "element",
    "entries",
    "drift_table",
    "endpoints_table",
    "exposed_types_table",
    "features_table",
    "failed_table",
    "figure",
    "findings",
    "flips_table",
    "folded",
    "formats",
    "folded_open_questions",
    "gains",
    "glossary",
    "imports",
    "in_one_sentence",
    "index",
    "inputs_table",
    "items",
    "joined",
    "lifecycle_table",
    "mapping_change",
    "mapping_in_yaml",
    "mapping_rows",
    "mark",
    "markdown",
    "measures_table",
    "missing_table",
    "names_table",
    "not_run_table",
    "notes",
    "on_tier",
    "opening",
    "example",
    "front_doors_table",
    "ranking_under",
    "neighbours_list",
    "open_questions_table",
    "operations_table",
    "options_claims",
    "paragraph",
    "path",
    "placement_in_mode",
    "plugins_table",
    "pods_table",
    "presets_table",
    "ranking_table",
    "reached_table",
    "regions_of",
    "requirements_table",
    "retirements_table",
    "ruled_out_table",
    "rules_table",
    "save",
    "section",
    "services_table",
    "settled_table",
    "side_by_side",
    "single_file",
    "style",
    "subnet_table",
    "summary",
    "table",
    "tiers_table",
    "trial",
    "token_checks_table",
    "verdict",
    "weights_table",
    "whole_pages",
]
