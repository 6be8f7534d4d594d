"""Files on the reader's machine: written whole or not at all, never over foreign files."""

from apim_aks.own_files.listing import LISTING, listed, strangers
from apim_aks.own_files.replacing import replaced, restore
from apim_aks.own_files.saving import save_all, save_listed
from apim_aks.own_files.writing import is_file_system, refusal, set_aside, write_new, write_whole

__all__ = [
    "LISTING",
    "is_file_system",
    "listed",
    "refusal",
    "replaced",
    "restore",
    "save_all",
    "save_listed",
    "set_aside",
    "strangers",
    "write_new",
    "write_whole",
]
