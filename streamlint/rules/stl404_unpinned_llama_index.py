from __future__ import annotations

from collections.abc import Iterator

from streamlint.config_file import ConfigFile
from streamlint.fact import Fact, of_facts
from streamlint.faults.legacy_imports import LegacyImports
from streamlint.finding import Severity, Symptom
from streamlint.knowledge.dependencies import commands
from streamlint.releases import lines
from streamlint.releases.declared import Declared
from streamlint.releases.pins import Pins
from streamlint.repairs.pins import bounded
from streamlint.rule import Language, Rule, on


class UnpinnedLlamaIndex(Rule):
    """
    ## What it does

    Finds an application whose requirements let in every LlamaIndex that is still to come, without a lock file that settles it.
    A library must leave the choice to those who install it, and is passed over, as are groups and files for development.

    ## Why it breaks streaming

    Each line of LlamaIndex took streams in another way: 0.10 moved the modules, 0.11 took `ServiceContext`, 0.13 the agents,
    0.14 with its workflows `stream_events` of the workflow itself. Code that streams today raises `ImportError` or sends one
    piece after the next build of the image, and nothing in the repository has changed.

    ## Example

    ```requirements
    fastapi==0.115.0
    llama-index-core>=0.14.20
    ```

    ## Use instead

    ```requirements
    fastapi==0.115.0
    llama-index-core>=0.14.20,<0.15
    ```

    ## Fix safety

    `safe` where the file already asks for the newest line: the same releases are installed today. `unsafe` where it asks for an
    older one or for none, as the code may have been written for that; where another file says that the code below uses a release
    before 0.10, and it imports so, that line is kept. A line with hashes, and a file that a program wrote, are
    never edited.

    ## References

    - [pip: requirement specifiers](https://pip.pypa.io/en/stable/reference/requirement-specifiers/)
    - [LlamaIndex: upgrading to 0.10](https://www.llamaindex.ai/blog/llamaindex-v0-10-838e735948f8)
    """

    code = "STL404"
    name = "unpinned-llama-index"
    severity = Severity.WARNING
    symptom = Symptom.FAILS
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPENDENCIES
    message = "the next installation may bring another line of `{package}`, which streams in another way than this code"

    @on(Declared)
    def left_open(self, declared: Declared, file: ConfigFile) -> Iterator[Fact]:
        pins = file.project.ask(Pins)
        if pins.unpinned(file.path) != declared:
            return
        manager = file.reading.manager
        command = commands().get(manager, "")
        is_old = file.project.ask(LegacyImports).is_written_for_old(file.path.parent)
        newest = pins.before_the_split if is_old else pins.newest
        bound = f"<{lines.after(newest)}"
        how = f" and write this file again with `{command.format(package=declared.package)}`" if command else ""
        yield file.fact(
            self,
            declared,
            package=declared.package,
            label="has no upper bound",
            help=f"keep `{declared.package}` below {_line_after(is_old)}, as `{bound}`{how}",
            repair=None if manager else of_facts(bounded, file.source, declared, newest),
        )


def _line_after(is_old: bool) -> str:
    return "the line that moved what this code imports" if is_old else "the next line"
