"""What differs between two states of a workload: two reports, two folders, or one of each.

`read_side` reads either, `difference` compares them part by part, and `summary` is what a pull
request shows of it.
"""

from apim_aks.difference.change import Change, Compared, Gate, Part
from apim_aks.difference.difference import Difference, difference, difference_data
from apim_aks.difference.reading import read_side, side_now
from apim_aks.difference.rows import Row, first_rows, rows
from apim_aks.difference.side import Side, side_of
from apim_aks.difference.summary import summary

__all__ = [
    "Change",
    "Compared",
    "Difference",
    "Gate",
    "Part",
    "Row",
    "Side",
    "difference",
    "difference_data",
    "first_rows",
    "read_side",
    "rows",
    "side_now",
    "side_of",
    "summary",
]
