"""Who runs which function for whom: entry points of frameworks, and what is reached from them."""

from streamlint.serving.entry_points import Entry as Entry
from streamlint.serving.reach import Reach as Reach
