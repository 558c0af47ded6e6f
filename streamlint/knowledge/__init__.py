"""Facts about the outside world, as TOML tables and the questions that can be asked of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING

from streamlint.immutable import immutable

if TYPE_CHECKING:
    from streamlint.knowledge.blocking import BlockingCalls, HeavyCalls
    from streamlint.knowledge.contexts import ViewContext
    from streamlint.knowledge.framework_table import Frameworks
    from streamlint.knowledge.llama_index import LlamaIndex
    from streamlint.knowledge.nested_loops import NestedLoopCalls
    from streamlint.knowledge.objects import FrameworkObjects
    from streamlint.knowledge.off_loop import OffLoop
    from streamlint.knowledge.releases import ReleaseFacts
    from streamlint.knowledge.resources import ResourceFacts
    from streamlint.knowledge.responses import Responses
    from streamlint.knowledge.shared_state import SharedStateFacts
    from streamlint.knowledge.table import Row
    from streamlint.knowledge.token_streams import TokenStreamFacts

UserRows = Sequence[Mapping[str, object]]
COROUTINES = "async"
"""What stands in each file that has coroutine functions."""


@immutable
class Knowledge:
    """All tables, each read when first asked; the user's rows of `[tool.streamlint]` extend the shipped ones."""

    rows: Mapping[str, UserRows] = field(default_factory=dict)
    """The user's rows, by the table as the user names it."""
    listed: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    """The user's names, by table and list."""
    async_library: bool = False
    """Whether each coroutine function counts as run on a loop that serves clients."""
    _names: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def llama(self) -> LlamaIndex:
        from streamlint.knowledge.llama_index import load

        return load()

    @cached_property
    def blocking(self) -> BlockingCalls:
        from streamlint.knowledge.blocking import BlockingCalls

        return BlockingCalls(self._rows("blocking-calls"))

    @cached_property
    def heavy(self) -> HeavyCalls:
        from streamlint.knowledge.blocking import HeavyCalls

        return HeavyCalls()

    def item(self, dotted: str) -> str:
        """The class of what an outside object holds, under a key or at a step of an iteration, or nothing."""
        return self.blocking.item(dotted) or self.heavy.item(dotted) or ""

    @cached_property
    def off_loop(self) -> OffLoop:
        from streamlint.knowledge.off_loop import OffLoop

        return OffLoop(self._rows("off-loop"))

    @cached_property
    def frameworks(self) -> Frameworks:
        from streamlint.knowledge.framework_table import Frameworks

        return Frameworks(self._rows("entry-points"))

    @cached_property
    def responses(self) -> Responses:
        from streamlint.knowledge.responses import Responses

        return Responses(self._extended("responses"))

    @cached_property
    def objects(self) -> FrameworkObjects:
        from streamlint.knowledge.objects import framework_objects

        return framework_objects()

    @cached_property
    def contexts(self) -> Mapping[str, ViewContext]:
        """By framework."""
        from streamlint.knowledge.contexts import view_contexts

        return view_contexts(self._extended("contexts"))

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

        return resource_facts(self._extended("resources"))

    @cached_property
    def shared_state(self) -> SharedStateFacts:
        from streamlint.knowledge.shared_state import shared_state_facts

        return shared_state_facts(self._extended("shared_state"))

    @property
    def versioned(self) -> frozenset[str]:
        """The packages on whose release some answer depends."""
        from streamlint.knowledge.dependencies import broken_releases, packages

        compressing = (row.releases.package for row in self.releases.compressions)
        routes = (row.releases.package for row in self.releases.generator_routes)
        bad = (row.package for row in broken_releases())
        return frozenset((*packages().main, self.resources.package, *compressing, *routes, *bad))

    @cached_property
    def token_streams(self) -> TokenStreamFacts:
        from streamlint.knowledge.token_streams import token_stream_facts

        return token_stream_facts()

    def names(self, table: str, key: str) -> frozenset[str]:
        """One list of a table of names."""
        found = self._names.get((table, key))
        if found is None:
            from streamlint.knowledge.names import names

            found = self._names[table, key] = names(table, key).union(self.listed.get(table, {}).get(key, ()))
        return found

    def _rows(self, table: str) -> UserRows:
        return self.rows.get(table, ())

    def _extended(self, table: str) -> Row:
        from streamlint.knowledge.extended import extended

        return extended(table, self._rows(table.replace("_", "-")))

    @property
    def told(self) -> tuple[str, ...]:
        """The functions that the user's rows are about; they may be the project's own."""
        rows = (str(row["name"]) for rows in self.rows.values() for row in rows)
        lists = (name for lists in self.listed.values() for names in lists.values() for name in names if "." in name)
        return (*rows, *lists)

    @property
    def registering(self) -> tuple[str, ...]:
        """The functions that register others, as the user's rows say; in an async library, what each coroutine says."""
        named = (str(row["name"]) for row in self._rows("entry-points"))
        return (*named, *((COROUTINES,) if self.async_library else ()))

    @property
    def installed(self) -> frozenset[str]:
        """Top-level names of the packages that the shipped tables know, LlamaIndex among them; not those of the user's rows."""
        known = self.frameworks.packages | self.blocking.packages | {"llama_index"}
        return known - {name.partition(".")[0] for name in self.told}
