"""A placement in Azure: planned, deployed stage by stage, removed.

`plan` only reads. `deploy` and `remove` change Azure only with `apply=True`.
"""

from __future__ import annotations

from apim_aks.deployment.certificates import (
    CertificateState,
    certificate_states,
    do_certificates,
)
from apim_aks.deployment.confirmation import Answer, confirmation
from apim_aks.deployment.deploy import deploy
from apim_aks.deployment.gate import GateOpen
from apim_aks.deployment.plan import Plan, StagePlan, plan, stage_plan
from apim_aks.deployment.preflight import PreflightFinding, preflight
from apim_aks.deployment.project import (
    Piece,
    Project,
    project,
    project_or_why,
    recovering,
    unanswered,
)
from apim_aks.deployment.removal import Fate, Item, Removal, removal, removal_offline
from apim_aks.deployment.remove import remove
from apim_aks.deployment.revise import Revised, revise
from apim_aks.deployment.run import Deployed, Run, StepDone
from apim_aks.deployment.saved_plan import SavedPlan, read_plan, saved_plan, write_plan
from apim_aks.deployment.sequence import WorkloadChoice, order, workload_choice
from apim_aks.deployment.state import DeploymentState, read_state, state_path
from apim_aks.deployment.values import VALUES, deployer_values, require_switches
from apim_aks.deployment.waiting import DeploymentFailed
from apim_aks.deployment.walk import WalkStep, walk
from apim_aks.deployment.what_if import ChangeType, PropertyChange, ResourceChange, changes_of

__all__ = [
    "VALUES",
    "Answer",
    "CertificateState",
    "ResourceChange",
    "ChangeType",
    "Deployed",
    "DeploymentFailed",
    "Fate",
    "PreflightFinding",
    "GateOpen",
    "Item",
    "Piece",
    "Plan",
    "Project",
    "PropertyChange",
    "DeploymentState",
    "Removal",
    "Revised",
    "Run",
    "SavedPlan",
    "StagePlan",
    "StepDone",
    "WalkStep",
    "WorkloadChoice",
    "certificate_states",
    "changes_of",
    "confirmation",
    "deploy",
    "deployer_values",
    "do_certificates",
    "order",
    "plan",
    "preflight",
    "project",
    "project_or_why",
    "read_plan",
    "read_state",
    "recovering",
    "saved_plan",
    "state_path",
    "removal",
    "removal_offline",
    "remove",
    "require_switches",
    "revise",
    "stage_plan",
    "unanswered",
    "walk",
    "workload_choice",
    "write_plan",
]
