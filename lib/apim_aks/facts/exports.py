"""What export formats pin, and what Azure changes of what they say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, Status, read_rows
from apim_aks.facts.settings import read_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportDefaults:
    """Versions that the files of a format need, and how functions of a template are kept."""

    terraform_version: str
    azapi_version: str
    guid_namespace: str
    bicep_text_characters: int
    gitops_interval: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteBack(Row):
    """What Azure changes of a resource or makes itself, and the word of Terraform that lets it.

    `[*]` in `property` stands for each member of a list; `key` names the field by which members of
    a list are told apart. What Azure makes as a whole has no property.
    """

    id: str
    type: str
    argument: Literal["ignore_changes", "ignore_other_items_in_list", "azapi_update_resource"]
    property: str = ""
    key: str = ""
    because: str
    status: Status


@cache
def export_defaults() -> ExportDefaults:
    """The versions and limits of the export formats."""
    return read_settings(DATA / "export_settings.csv", ExportDefaults)


@cache
def write_backs() -> tuple[WriteBack, ...]:
    """What Terraform must not take for a change of ours."""
    return read_rows(DATA / "terraform_write_backs.csv", WriteBack)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiOpsType(Row):
    """Where the APIOps tools look for a child of API Management, `{0}` being its name.

    `id` is the type below `Microsoft.ApiManagement/service`, `cli` the file that apiops-cli reads
    and `toolkit` that of Azure/apiops; `section` names it in configuration.<environment>.yaml, and
    is empty where apiops-cli applies none there.
    """

    id: str
    cli: str
    toolkit: str
    section: str = ""
    because: str
    status: Status


@cache
def apiops_types() -> tuple[ApiOpsType, ...]:
    """The types that both APIOps tools publish, of those that a template here makes."""
    return read_rows(DATA / "apiops_types.csv", ApiOpsType)
