from __future__ import annotations

from collections.abc import Iterator

from streamlint.config_file import ConfigFile
from streamlint.fact import Fact
from streamlint.finding import Place, Related, Severity, Symptom
from streamlint.releases.declared import Declared
from streamlint.releases.mixtures import Mixtures
from streamlint.releases.pins import Pins
from streamlint.rule import Language, Rule, on


class MixedLlamaIndex(Rule):
    """
    ## What it does

    Finds requirements that install LlamaIndex twice: the single package of 0.9 and before beside the core and the integrations
    of 0.10 and later, or `llama-index` of one line beside `llama-index-core` of another.

    ## Why it breaks streaming

    `llama-index` 0.9 shares no distribution with `llama-index-core`, so pip installs both over each other and finds nothing
    wrong. Measured: six files are overwritten, `pip check` is content, and a model of the new packages is no model for an
    engine of the old one; in the other order `from llama_index.core import VectorStoreIndex` raises `ImportError`, and no token
    is ever sent.

    ## Example

    ```requirements
    llama-index==0.9.48
    llama-index-llms-openai==0.1.31
    ```

    ## Use instead

    ```requirements
    llama-index==0.10.68
    llama-index-llms-openai==0.1.31
    ```

    ## Fix safety

    There is no fix: which of the two the code was written for is told by its imports.

    ## References

    - [LlamaIndex: upgrading to 0.10](https://www.llamaindex.ai/blog/llamaindex-v0-10-838e735948f8)
    """

    code = "STL405"
    name = "mixed-llama-index"
    severity = Severity.ERROR
    symptom = Symptom.FAILS
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPENDENCIES
    message = (
        "`{one}` and `{other}` are of two kinds of LlamaIndex, and an engine of one cannot stream a model of the other"
    )

    @on(Declared)
    def mixed(self, declared: Declared, file: ConfigFile) -> Iterator[Fact]:
        found = file.project.ask(Mixtures).of(declared)
        if found is None:
            return
        is_mild = declared.is_secondary or file.project.ask(Pins).is_for_development(file.path)
        source = file.project.versions.files.source(found.other.path)
        one, other = declared.shown(file.source.text), found.other.shown(source.text if source is not None else "")
        yield file.fact(
            self,
            declared,
            one=one,
            other=other,
            label=found.label,
            help=found.help,
            related=(Related(Place.of(source, found.other.span), "the other kind"),) if source is not None else (),
            severity=Severity.WARNING if is_mild or found.other.is_secondary else None,
        )
