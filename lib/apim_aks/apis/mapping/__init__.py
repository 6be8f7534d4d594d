"""Which APIs the Services become: a proposal with reasons, over which the architect's word goes.

`publishing` proposes which Services are published, `choosing` says what awaits the reader's
choice, `grouping` which operations become one API, `overrides` lets `workload.yaml` change both,
`naming` gives ids and paths, `editing` makes such changes.
"""

from __future__ import annotations

from apim_aks.apis.mapping.behaviour import Behaviour
from apim_aks.apis.mapping.choosing import nothing_published
from apim_aks.apis.mapping.editing import (
    changes,
    spelled_out,
    with_moved,
    with_published,
    with_renamed,
)
from apim_aks.apis.mapping.limits import over_limits
from apim_aks.apis.mapping.map_services import map_services
from apim_aks.apis.mapping.meshes import proposes_mesh
from apim_aks.apis.mapping.model import (
    WILDCARD,
    About,
    Api,
    ApiOperation,
    Collision,
    Decision,
    Mapping,
    Note,
    Role,
)
from apim_aks.apis.mapping.operation_names import operation_name
from apim_aks.apis.mapping.permissions import Permissions
from apim_aks.apis.mapping.resources import resource
from apim_aks.apis.mapping.roles import role
from apim_aks.apis.mapping.signing_in import signs_in
from apim_aks.workload.ports import PortChoice, http_port, left_beside, port_choice, routed_ports

__all__ = [
    "About",
    "Api",
    "ApiOperation",
    "Behaviour",
    "Collision",
    "Decision",
    "Mapping",
    "Note",
    "Permissions",
    "PortChoice",
    "Role",
    "WILDCARD",
    "changes",
    "http_port",
    "left_beside",
    "routed_ports",
    "map_services",
    "nothing_published",
    "operation_name",
    "over_limits",
    "port_choice",
    "proposes_mesh",
    "resource",
    "role",
    "signs_in",
    "spelled_out",
    "with_moved",
    "with_published",
    "with_renamed",
]
