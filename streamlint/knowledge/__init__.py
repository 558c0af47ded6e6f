"""Facts about the outside world, as TOML tables and the questions that can be asked of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streamlint.knowledge.blocking import BlockingCalls, HeavyCalls
    from streamlint.knowledge.frameworks import Frameworks
    from streamlint.knowledge.llama_index import LlamaIndex
    from streamlint.knowledge.objects import FrameworkObjects
    from streamlint.knowledge.off_loop import OffLoop
    from streamlint.knowledge.responses import Responses

UserRows = Sequence[Mapping[str, object]]


@dataclass(frozen=True)
class Knowledge:
    """All tables, each read when first asked; the user's rows of `[tool.streamlint]` extend the shipped ones."""

    blocking_rows: UserRows = ()
    off_loop_rows: UserRows = ()
    entry_point_rows: UserRows = ()

    @cached_property
    def llama(self) -> LlamaIndex:
        from streamlint.knowledge.llama_index import load

        return load()

    @cached_property
    def blocking(self) -> BlockingCalls:
        from streamlint.knowledge.blocking import BlockingCalls

        return BlockingCalls(self.blocking_rows)

    @cached_property
    def heavy(self) -> HeavyCalls:
        from streamlint.knowledge.blocking import HeavyCalls

        return HeavyCalls()

    @cached_property
    def off_loop(self) -> OffLoop:
        from streamlint.knowledge.off_loop import OffLoop

        return OffLoop(self.off_loop_rows)

    @cached_property
    def frameworks(self) -> Frameworks:
        from streamlint.knowledge.frameworks import Frameworks

        return Frameworks(self.entry_point_rows)

    @cached_property
    def responses(self) -> Responses:
        from streamlint.knowledge.responses import Responses

        return Responses()

    @cached_property
    def objects(self) -> FrameworkObjects:
        from streamlint.knowledge.objects import framework_objects

        return framework_objects()

    @property
    def told(self) -> tuple[str, ...]:
        """The functions that the user's rows are about; they may be the project's own."""
        return tuple(str(row["name"]) for row in (*self.blocking_rows, *self.off_loop_rows, *self.entry_point_rows))

    @property
    def registering(self) -> tuple[str, ...]:
        """The functions that register others, as the user's rows say."""
        return tuple(str(row["name"]) for row in self.entry_point_rows)

    @property
    def installed(self) -> frozenset[str]:
        """Top-level names of the packages that the shipped tables know, LlamaIndex among them; not those of the user's rows."""
        known = self.frameworks.packages | self.blocking.packages | {"llama_index"}
        return known - {name.partition(".")[0] for name in self.told}
