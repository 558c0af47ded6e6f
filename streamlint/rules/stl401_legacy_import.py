from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from streamlint.fact import Fact, Offer, of_facts
from streamlint.faults.legacy_imports import LegacyImport, LegacyImports
from streamlint.finding import Severity, Symptom
from streamlint.fix import Fix
from streamlint.knowledge.llama_index_changes import changes
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal
from streamlint.repairs.legacy_imports import respelt, rewritten
from streamlint.rule import Rule, on
from streamlint.tree.python import PythonFile


class LegacyImportStatement(Rule):
    """
    ## What it does

    Finds imports in the way of LlamaIndex 0.9, such as `from llama_index import VectorStoreIndex`, in a project that does not use a
    release before 0.10. Where the files of the project say which release it uses, the names are looked up in that release.

    ## Why it breaks streaming

    With 0.10 the package was split: core is `llama_index.core`, and each integration is a distribution of its own. The old import
    raises `ImportError: cannot import name`, without a hint, because `llama_index` itself is still there and empty. Old examples
    are copied with their imports, and what is put together from two halves of the library streams with neither.

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse
    from llama_index import SimpleDirectoryReader, VectorStoreIndex

    app = FastAPI()
    index = VectorStoreIndex.from_documents(SimpleDirectoryReader("data").load_data())


    @app.get("/chat")
    def chat(q: str):
        response = index.as_query_engine(streaming=True).query(q)
        return StreamingResponse(response.response_gen, media_type="text/plain")
    ```

    ## Use instead

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse
    from llama_index.core import SimpleDirectoryReader, VectorStoreIndex

    app = FastAPI()
    index = VectorStoreIndex.from_documents(SimpleDirectoryReader("data").load_data())


    @app.get("/chat")
    def chat(q: str):
        response = index.as_query_engine(streaming=True).query(q)
        return StreamingResponse(response.response_gen, media_type="text/plain")
    ```

    ## Fix safety

    `safe` where a file of the project says that it uses 0.10 or later: the same names under the path that they have in that
    release. `unsafe` where no file says which release is used, and for `import *`, which may bring other names. A statement
    whose names went to several modules becomes several, with the comments of each name. A name that is in no later release
    stays behind in a statement of its own, which has no fix.

    ## References

    - [LlamaIndex: v0.10 migration](https://docs.llamaindex.ai/en/stable/getting_started/v0_10_0_migration/)
    """

    code = "STL401"
    name = "legacy-import"
    severity = Severity.ERROR
    symptom = Symptom.FAILS
    since = "0.1.0"
    stands_on = ("Import", "ImportFrom", "Call")
    words = ("llama_index",)
    anywhere = ("llama_index",)
    message = "`{statement}` is the way of LlamaIndex 0.9, and fails since 0.10{where}"

    @on(ir.Import)
    def imported(self, line: ir.Import, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        legacy = file.project.ask(LegacyImports).of_statement(line, file.facts, scope)
        if legacy is not None:
            yield self._fact(file, line, legacy, partial(rewritten, file, line, legacy))

    @on(ir.Call)
    def loaded(self, call: ir.Call, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        legacy = file.project.ask(LegacyImports).of_call(call, file.facts, scope)
        if legacy is not None:
            yield self._fact(file, call, legacy, of_facts(respelt, file, call, legacy))

    def _fact(self, file: PythonFile, on: ir.Import | ir.Call, legacy: LegacyImport, repair: object) -> Fact:
        return file.fact(
            self,
            on,
            statement=_shown(file, on, legacy),
            where="" if legacy.is_known else "; no file says which release is used",
            label=_label(legacy),
            help=partial(_help, legacy),
            notes=_installed(legacy),
            severity=Severity.ERROR if legacy.is_known else Severity.WARNING,
            repair=repair,  # type: ignore[arg-type]  # both are asked with the node
        )


def _shown(file: PythonFile, on: ir.Import | ir.Call, legacy: LegacyImport) -> str:
    if isinstance(on, ir.Call):
        return file.one_line(on)
    names = [one.name for one in legacy.moved]
    shown = ", ".join(names[:2]) + (", …" if len(names) > 2 else "")
    if legacy.module:
        return f"from {legacy.module} import {shown}"
    return f"import {on.names[0][0]}"


def _label(legacy: LegacyImport) -> str:
    if legacy.lost:
        return f"{', '.join(f'`{name}`' for name in legacy.lost)}: in no later release"
    modules = dict.fromkeys(one.module for one in legacy.targets)
    return f"now in {', '.join(f'`{module}`' for module in modules)}"


def _help(legacy: LegacyImport, offer: Offer) -> str:
    if isinstance(offer, Fix):
        return offer.title
    where = "; ".join(f"`{one.name}` is in `{one.target.module}`" for one in legacy.moved if one.target is not None)
    if isinstance(offer, Refusal) and legacy.lost:
        return "; ".join((*(_succeeded(legacy, name) for name in legacy.lost), *([where] if where else [])))
    return where or "import it from `llama_index.core` or from the package of its integration"


def _succeeded(legacy: LegacyImport, name: str) -> str:
    """What to do about a name that is in no later release."""
    change = changes().removed(f"{legacy.module}.{name}" if legacy.module else name)
    return f"`{name}` is gone: {change.use if change and change.use else 'write it anew or leave it out'}"


def _installed(legacy: LegacyImport) -> tuple[str, ...]:
    needed = [one for one in legacy.distributions if one != "llama-index-core"]
    return (f"needs `{'` and `'.join(needed)}` to be installed",) if needed else ()
