"""Facts about the outside world, as TOML tables and the questions that can be asked of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streamlint.knowledge.blocking import BlockingCalls, HeavyCalls
    from streamlint.knowledge.contexts import ViewContext
    from streamlint.knowledge.frameworks import Frameworks
    from streamlint.knowledge.llama_index import LlamaIndex
    from streamlint.knowledge.nested_loops import NestedLoopCalls
    from streamlint.knowledge.objects import FrameworkObjects
    from streamlint.knowledge.off_loop import OffLoop
    from streamlint.knowledge.releases import ReleaseFacts
    from streamlint.knowledge.resources import ResourceFacts
    from streamlint.knowledge.responses import Responses
    from streamlint.knowledge.shared_state import SharedStateFacts

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

    @cached_property
    def contexts(self) -> Mapping[str, ViewContext]:
        """By framework."""
        from streamlint.knowledge.contexts import view_contexts

        return view_contexts()

    @cached_property
    def nested_loops(self) -> NestedLoopCalls:
        from streamlint.knowledge.nested_loops import nested_loop_calls

        return nested_loop_calls()

    @cached_property
    def releases(self) -> ReleaseFacts:
        from streamlint.knowledge.releases import release_facts

        return release_facts()

    @cached_property
    def resources(self) -> ResourceFacts:
        from streamlint.knowledge.resources import resource_facts

        return resource_facts()

    @cached_property
    def shared_state(self) -> SharedStateFacts:
        from streamlint.knowledge.shared_state import shared_state_facts

        return shared_state_facts()

    def names(self, table: str, key: str) -> frozenset[str]:
        """One list of a table of names."""
        from streamlint.knowledge.names import names

        return names(table, key)

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
