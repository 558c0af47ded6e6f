from __future__ import annotations

from collections.abc import Iterator

from streamlint.config_file import ConfigFile
from streamlint.fact import Fact, of_facts
from streamlint.finding import Severity, Symptom
from streamlint.releases.bad_releases import BadReleases
from streamlint.releases.declared import Declared
from streamlint.releases.pins import Pins
from streamlint.repairs.pins import moved_on
from streamlint.rule import Language, Rule, on


class BrokenRelease(Rule):
    """
    ## What it does

    Finds a release that is known to break a stream, where a requirement or a lock file asks for it and the code uses what is
    broken there. Each of these releases was tried with a small program, `tools/release_probes`, which says good or bad; the
    first and the last bad one were found by bisection.

    ## Why it breaks streaming

    The code is right, and the tokens are lost below it. Measured: `llama-index-core` 0.14.22 to 0.14.24 give the first token of
    `as_query_engine(streaming=True)` when the model has written the last one; 0.12.17 to 0.12.25 never end `stream_events()` of
    a workflow with a stop event of its own.

    ## Example

    ```requirements
    llama-index-core==0.14.23
    ```

    ## Use instead

    ```requirements
    llama-index-core==0.14.25
    ```

    ## Fix safety

    `unsafe`: the next good release may differ in other ways too. Lock files, lines with hashes and files that a program wrote
    are never edited; the help names the command that moves the package on.

    ## References

    - [LlamaIndex: streaming collapsed to a single chunk](https://github.com/run-llama/llama_index/issues/22831)
    - [LlamaIndex: streaming with a custom StopEvent](https://github.com/run-llama/llama_index/issues/18270)
    """

    code = "STL406"
    name = "broken-release"
    severity = Severity.ERROR
    symptom = Symptom.ALL_AT_ONCE
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPENDENCIES
    message = "`{package}` {release} {what}"

    @on(Declared)
    def broken(self, declared: Declared, file: ConfigFile) -> Iterator[Fact]:
        found = file.project.ask(BadReleases).of(declared)
        if found is None:
            return
        first = found.rows[0]
        is_mild = declared.is_secondary or file.project.ask(Pins).is_for_development(file.path)
        repair = of_facts(moved_on, file.source, declared, found.release, found.good) if found.release else None
        yield file.fact(
            self,
            declared,
            package=declared.package,
            release=found.shown,
            what=first.what,
            label=f"{first.package} before {first.first}, and from {first.below} on, does not",
            help=found.help(file.reading.manager),
            notes=tuple(f"it also {row.what}" for row in found.rows[1:]),
            repair=None if file.reading.manager else repair,
            severity=Severity.WARNING if is_mild else None,
        )
