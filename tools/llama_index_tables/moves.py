"""Where the names of LlamaIndex 0.9 went that are no longer in core: the packages of integrations.

What stayed in core is found by its path in `llama_index_paths.toml`. For the rest the newest release ships a table, by bare names.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_OLD, _CORE = "llama_index", "llama_index.core"


def shipped() -> dict[str, str]:
    """The table of the installed llama-index-core: the module of each name."""
    spec = find_spec("llama_index.core")
    assert spec is not None and spec.origin is not None
    text = (Path(spec.origin).parent / "command_line" / "mappings.json").read_text("utf-8")
    return dict(json.loads(text))


def exports(paths: Mapping[str, Any], release: str) -> dict[str, set[str]]:
    """The names that can be imported from each module in one release, out of the generated table of paths."""
    found: dict[str, set[str]] = defaultdict(set)
    order = list(paths["releases"])
    for row in paths["range"]:
        since, until = row.get("since", order[0]), row.get("until", order[-1])
        if order.index(since) <= order.index(release) <= order.index(until):
            for module, names in row["exports"].items():
                found[module].update(names.split())
    return found


def moved(
    old: Mapping[str, set[str]], new: Mapping[str, set[str]], module_of: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Rows of what left core: the module in 0.9, the one now, and the names; one row for each pair of modules."""
    rows: dict[tuple[str, str], set[str]] = defaultdict(set)
    for module, names in old.items():
        if module != _OLD and not module.startswith(f"{_OLD}."):
            continue
        core = _CORE + module.removeprefix(_OLD)
        for name in names - new.get(core, set()):
            target = _CORRECTED.get((module, name), module_of.get(name, ""))
            if target and not target.startswith((_CORE, "#")) and _is_of_kind(module, target):
                rows[module, target].add(name)
    return [{"module": module, "to": to, "names": sorted(names)} for (module, to), names in sorted(rows.items())]


def _is_of_kind(module: str, target: str) -> bool:
    """Whether a module of an integration is of the kind that the old one was of, or the old one held names of all kinds."""
    old, new = module.split("."), target.split(".")
    return (
        len(old) == 1
        or old[1] in ("core", "multi_modal_llms")
        or old[1] == new[1]
        or old[1] in _RENAMED.get(new[1], ())
    )


_CORRECTED = {
    ("llama_index.llms", "AzureOpenAI"): "llama_index.llms.azure_openai",
    ("llama_index.llms.azure_openai", "AzureOpenAI"): "llama_index.llms.azure_openai",
    ("llama_index.llms.generic_utils", "completion_response_to_chat_response"): "",
    ("llama_index.multi_modal_llms.replicate_multi_modal", "REPLICATE_MULTI_MODAL_LLM_MODELS"): "",
    ("llama_index.graph_stores.nebulagraph", "escape_str"): "",
}
"""What the shipped table, which knows one module for each bare name, says wrongly of a name of 0.9."""

_RENAMED: Mapping[str, Iterable[str]] = {
    "agent": ("agent", "tools"),
    "storage": ("storage", "indices"),
    "indices": ("indices", "retrievers", "query_engine"),
    "retrievers": ("indices", "retrievers"),
    "packs": ("packs",),
    "program": ("program", "output_parsers"),
    "question_gen": ("question_gen",),
    "callbacks": ("callbacks",),
    "cli": ("command_line",),
    "evaluation": ("evaluation",),
    "experimental": ("param_tuner", "query_engine"),
    "finetuning": ("finetuning", "callbacks", "evaluation"),
    "vector_stores": ("vector_stores", "storage"),
    "graph_stores": ("graph_stores", "storage"),
    "node_parser": ("node_parser", "text_splitter"),
    "extractors": ("extractors",),
    "postprocessor": ("postprocessor", "indices"),
    "multi_modal_llms": ("multi_modal_llms", "llms"),
    "llms": ("llms", "multi_modal_llms", "llm_predictor"),
    "embeddings": ("embeddings", "finetuning"),
    "output_parsers": ("output_parsers",),
    "tools": ("tools",),
    "readers": ("readers",),
}
"""Kinds of integrations, by what stood for them in 0.9."""
