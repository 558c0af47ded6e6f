"""What each framework's response classes do with the body that they are given."""

from __future__ import annotations

from enum import StrEnum

from streamlint.immutable import immutable
from streamlint.knowledge.frameworks import Argument
from streamlint.knowledge.table import Row


class Fate(StrEnum):
    """What becomes of an iterator that is given as the body; `UNKNOWN` where nobody measured it."""

    THREAD_POOL = "thread pool"
    WORKER_THREAD = "worker thread"
    EVENT_LOOP = "event loop"
    DRAINED = "drained"
    REFUSED = "refused"
    TEXT = "text"
    UNKNOWN = ""

    @property
    def streams(self) -> bool:
        return self in (Fate.THREAD_POOL, Fate.WORKER_THREAD, Fate.EVENT_LOOP)


@immutable
class ResponseClass:
    """A class or function that makes a response.

    `streaming`: it can send a body piece by piece; `takes_text`: a text is a whole body for it. `by_hand`: the body is written
    to it. `frames_sse`: it turns each item into a server-sent event; `frames_sse_as_class`: only as a route's `response_class`.
    `parameters`: what its positional arguments are, by keyword; `as_view`: they are what a view of Flask may return.
    `variadic`: keywords are keys of its body. `heartbeat`: after how many silent seconds it sends a comment by itself, 0 for never,
    unless `heartbeat_keyword` says otherwise; `sends_accel_header`: it tells nginx not to buffer, by itself.
    """

    name: str
    framework: str
    streaming: bool
    content: Argument
    media_type: str
    media_type_argument: Argument
    sync_iterator: Fate
    async_iterator: Fate
    sync_iterator_wsgi: Fate
    async_iterator_wsgi: Fate
    frames_sse: bool = False
    frames_sse_as_class: bool = False
    by_hand: bool = False
    file: bool = False
    variadic: bool = False
    takes_text: bool = False
    as_view: bool = False
    parameters: tuple[str, ...] = ()
    since: str = ""
    heartbeat: float = 0
    heartbeat_keyword: str = ""
    sends_accel_header: bool = False


@immutable
class Preferred:
    """How a repair sends a stream in a framework: `takes_sync` and `takes_async` tell which iterators it may be given.

    the latter from the release `async_since` of its framework on.
    `declares_model`, `declares_class` and `declares_status` are the keywords with which a route's decorator announces its answer,
    `quiet` those that say nothing about it; `shared_keywords` those that every response class of the framework takes.
    """

    module: str
    name: str
    media_type_keyword: str
    takes_sync: bool
    takes_async: bool
    declares_model: str = ""
    declares_class: str = ""
    declares_status: str = ""
    quiet: frozenset[str] = frozenset()
    shared_keywords: frozenset[str] = frozenset()
    async_since: str = ""


@immutable
class Written:
    """How a handler of a framework writes its stream piece by piece, in statements with `{response}`, `{request}` and `{token}`.

    `contents` are the keywords under which the answers that it replaces are given their text.
    """

    module: str
    name: str
    makes: str
    kind: str
    kind_in_headers: str
    begins: str
    writes: str
    ends: str
    returns: bool
    contents: tuple[str, ...]


class Responses:
    """The questions to the table; every name is dotted and resolved."""

    def __init__(self, table: Row) -> None:
        self._responses: dict[str, ResponseClass] = {}
        for row in table.rows("response"):
            self._responses.update(dict.fromkeys(row.texts("names"), _response(row)))
        self._preferred = {row.text("framework"): _preferred(row) for row in table.rows("preferred")}
        self._written = {row.text("framework"): _written(row) for row in table.rows("written")}

    def response(self, dotted: str) -> ResponseClass | None:
        """The response that calling `dotted` makes, or None; the same object for every import path of a class."""
        return self._responses.get(dotted)

    def streaming(self, dotted: str) -> bool:
        response = self._responses.get(dotted)
        return response is not None and response.streaming

    def preferred(self, framework: str) -> Preferred | None:
        """The response that a repair returns; None where there is no form that is right in every setting."""
        return self._preferred.get(framework)

    def takes_tuples(self, framework: str) -> bool:
        """Whether a handler of this framework may return body, status and headers as a tuple."""
        return any(response.as_view for response in self._responses.values() if response.framework == framework)

    def written(self, framework: str) -> Written | None:
        """How a repair writes a stream, where that is done piece by piece."""
        return self._written.get(framework)

    def by_hand(self, framework: str) -> bool:
        """Whether a handler of this framework writes its stream piece by piece."""
        return any(response.by_hand for response in self._responses.values() if response.framework == framework)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._responses)


def _response(row: Row) -> ResponseClass:
    sync_iterator, async_iterator = Fate(row.text("sync-iterator")), Fate(row.text("async-iterator"))
    return ResponseClass(
        name=row.texts("names")[0],
        framework=row.text("framework"),
        streaming=row.flag("streaming"),
        content=Argument(row.number("content"), row.text("content-keyword")),
        media_type=row.text("media-type"),
        media_type_argument=Argument(row.number("media-type-position"), row.text("media-type-keyword")),
        sync_iterator=sync_iterator,
        async_iterator=async_iterator,
        sync_iterator_wsgi=Fate(row.text("sync-iterator-wsgi", sync_iterator)),
        async_iterator_wsgi=Fate(row.text("async-iterator-wsgi", async_iterator)),
        frames_sse=row.flag("frames-sse"),
        frames_sse_as_class=row.flag("frames-sse-as-class"),
        by_hand=row.flag("by-hand"),
        file=row.flag("file"),
        variadic=row.flag("variadic"),
        takes_text=row.flag("takes-text"),
        as_view=row.flag("as-view"),
        parameters=row.texts("parameters"),
        since=row.text("since"),
        heartbeat=row.real("heartbeat") or 0,
        heartbeat_keyword=row.text("heartbeat-keyword"),
        sends_accel_header=row.flag("accel-header"),
    )


def _preferred(row: Row) -> Preferred:
    return Preferred(
        row.text("module"),
        row.text("name"),
        row.text("media-type-keyword"),
        row.flag("sync"),
        row.flag("async"),
        row.text("declares-model"),
        row.text("declares-class"),
        row.text("declares-status"),
        frozenset(row.texts("quiet")),
        frozenset(row.texts("shared-keywords")),
        row.text("async-since"),
    )


def _written(row: Row) -> Written:
    return Written(
        row.text("module"),
        row.text("class"),
        row.text("makes"),
        row.text("kind"),
        row.text("kind-in-headers"),
        row.text("begins"),
        row.text("sends"),
        row.text("ends"),
        row.flag("returns"),
        row.texts("contents"),
    )
