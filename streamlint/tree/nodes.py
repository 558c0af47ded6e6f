"""The nodes of libcst by their own names, imported when the first of them is named: most runs need none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from libcst import *  # noqa: F403

else:

    def __getattr__(name: str) -> Any:
        import libcst

        found = getattr(libcst, name)
        globals()[name] = found
        return found
