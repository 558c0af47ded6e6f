"""Clients of language models: their limits of time and output where nobody sets them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from packaging.version import Version

from streamlint.immutable import immutable
from streamlint.knowledge.table import Row, read

_MODULE = "llama_index.llms."
SHORT_AT_HOME, SHORT_FOR_ANY = 60.0, 15.0
"""Seconds: a model on a machine of one's own reads a long prompt for longer; the first token of any model may take so long."""


@immutable
class ModelLimits:
    """What a class of LlamaIndex sets by itself in some releases; no value: what the client under it does, or no limit.

    `time` and `output` are the parameters; "" where the class takes none.
    """

    package: str
    made: str
    since: Version
    until: Version
    time: str
    seconds: float | None
    output: str
    tokens: int | None
    is_sure: bool = True
    """Whether the defaults are those of the release that is used."""

    @property
    def said(self) -> tuple[str, float | None, str, int | None]:
        return self.time, self.seconds, self.output, self.tokens


@immutable
class ClientLimits:
    """A client that is no class of LlamaIndex, as its row in `model_clients.toml` says."""

    names: tuple[str, ...]
    time: str
    seconds: float | None
    is_at_home: bool
    streams: tuple[str, ...]
    service: str
    config: str


def package_of(dotted: str) -> str:
    """The distribution of a model class of LlamaIndex: `llama-index-llms-ollama`; "" for any other name."""
    if not dotted.startswith(_MODULE):
        return ""
    return f"llama-index-llms-{dotted.removeprefix(_MODULE).partition('.')[0].replace('_', '-')}"


def limits(dotted: str, release: Version | None) -> ModelLimits | None:
    """What the class of this name does in a release; of an unknown one only what all of them do is sure."""
    rows = _rows().get((package_of(dotted), dotted.rpartition(".")[2]), ())
    if release is not None:
        rows = tuple(row for row in rows if row.since <= release <= row.until) or rows[-1:]
    if not rows:
        return None
    return replace(rows[-1], is_sure=len({row.said for row in rows}) == 1)


@cache
def clients() -> dict[str, ClientLimits]:
    """By each name that makes one."""
    rows = map(_client, read("model_clients").rows("client"))
    return {name: row for row in rows for name in row.names}


def model_names() -> frozenset[str]:
    """The classes of LlamaIndex whose limits are known."""
    return frozenset(made for _, made in _rows())


@cache
def measured() -> str:
    """The day on which the releases were asked."""
    return read("model_limits").text("measured")


@cache
def _rows() -> dict[tuple[str, str], tuple[ModelLimits, ...]]:
    found: dict[tuple[str, str], tuple[ModelLimits, ...]] = {}
    for row in read("model_limits").rows("limit"):
        made = _limits(row)
        key = (made.package, made.made)
        found[key] = (*found.get(key, ()), made)
    return found


def _limits(row: Row) -> ModelLimits:
    seconds = row.real("time-default")
    return ModelLimits(
        row.text("package"),
        row.text("class"),
        Version(row.text("since")),
        Version(row.text("until")),
        row.text("time"),
        seconds,
        row.text("output"),
        row.number("output-default"),
    )


def _client(row: Row) -> ClientLimits:
    return ClientLimits(
        row.texts("names"),
        row.text("time"),
        row.real("seconds"),
        row.flag("at-home"),
        row.texts("streams"),
        row.text("service"),
        row.text("config"),
    )
