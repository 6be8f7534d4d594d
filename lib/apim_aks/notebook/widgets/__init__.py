"""Controls over the same functions that the pages use: nothing is computed here."""

from apim_aks.notebook.widgets.decision_panel import decision_panel
from apim_aks.notebook.widgets.mapping_editor import mapping_editor
from apim_aks.notebook.widgets.panels import (
    Control,
    consumers_picker,
    mode_picker,
    option_picker,
    tier_picker,
    weights_panel,
)
from apim_aks.notebook.widgets.start_panel import start_panel

__all__ = [
    "Control",
    "consumers_picker",
    "decision_panel",
    "mapping_editor",
    "mode_picker",
    "option_picker",
    "start_panel",
    "tier_picker",
    "weights_panel",
]
