"""How frameworks learn which functions to call, under which path, and who runs them: the rows of their table."""

from __future__ import annotations

from enum import StrEnum

from streamlint.immutable import immutable


class Runner(StrEnum):
    """Who runs a function; only the event loop makes other requests wait."""

    EVENT_LOOP = "event loop"
    THREAD_POOL = "thread pool"
    WORKER_THREAD = "worker thread"
    PRIVATE_LOOP = "private loop"
    SCRIPT = "script"


class Purpose(StrEnum):
    """What a framework calls a function for."""

    ROUTE = "route"
    WEBSOCKET = "websocket"
    MIDDLEWARE = "middleware"
    DEPENDENCY = "dependency"
    EXCEPTION_HANDLER = "exception-handler"
    LIFESPAN = "lifespan"
    STARTUP = "startup"
    BACKGROUND = "background"
    CALLBACK = "callback"
    HOOK = "hook"
    PAGE = "page"
    INCLUDE = "include"


class Generator(StrEnum):
    """Who advances a `def` generator that the framework is given to send."""

    EVENT_LOOP = "event loop"
    THREAD_POOL = "thread pool"
    WORKER_THREAD = "worker thread"
    SCRIPT = "script"
    DRAINED = "drained"
    REFUSED = "refused"


class Shows(StrEnum):
    """What a host without responses shows or sends of what its functions have."""

    NOTHING = ""
    GIVEN = "given"
    MESSAGES = "messages"
    RESULTS = "results"


@immutable
class Argument:
    """Where an argument of a call stands: a position from 0, a keyword, either, or (neither) nowhere."""

    position: int | None = None
    keyword: str = ""

    def __bool__(self) -> bool:
        return self.position is not None or bool(self.keyword)


@immutable
class Framework:
    """A framework and who runs its functions where no registration says otherwise."""

    name: str
    packages: frozenset[str]
    sync_runner: Runner
    async_runner: Runner
    generator: Generator
    async_runner_wsgi: Runner
    generator_asgi: Generator
    extends: str = ""
    whole_file: bool = False
    title: str = ""
    unknown_router: str = ""
    """The class of which a router is taken that could not be followed."""
    streams_with: str = "StreamingResponse"
    shows: Shows = Shows.NOTHING
    encodes_items: bool = False
    takes_functions: bool = False
    """A response may be given a function as its body."""
    returns_no_iterator: bool = False
    sends_iterators: bool = False
    drains_iterators: bool = False
    """It reads a synchronous iterator that a handler returns to the end, on the event loop, and sends one JSON list."""
    synchronous_bodies: bool = False
    assigned_bodies: tuple[str, ...] = ()
    """Attributes of a response to which a handler assigns what is sent piece by piece."""
    cancels_again: bool = False
    """Each wait in a stream that has been ended is cancelled anew."""
    served_by: tuple[str, ...] = ()
    """Calls that serve it to more than one client: without any, nothing of it is called for many."""
    served_with: tuple[tuple[str, str], ...] = ()
    """Calls that do so where this keyword says it."""


@immutable
class Application:
    """A class whose instances collect routes; a router's routes count only where it is included."""

    name: str
    framework: str
    is_router: bool
    prefix_keyword: str


@immutable
class Registration:
    """How a call registers a function.

    `factory`: the call gives a decorator (`@app.get("/x")`, or `app.middleware("http")(f)`); `handler`: the argument
    that is the function, at position 0 also as a bare decorator (`@app.before_request`). A call may allow both.
    """

    framework: str
    name: str
    kind: Purpose
    sync_runner: Runner
    async_runner: Runner
    factory: bool
    handler: Argument
    path: Argument
    methods: tuple[str, ...]
    """The HTTP methods when `methods_argument` is not given; empty means not limited or not known."""
    methods_argument: Argument
    on_request_path: bool
    child: Argument
    """For `include`: the application, router, module name or list of routes that is included."""
    children_keyword: str
    prefix: Argument
    """For `include`: the prefix of the child's paths."""
    thread_keyword: str
    """A constant True here moves a `def` function to the thread pool."""
    dispatch_keyword: str
    responders: tuple[str, ...] = ()
    """The methods that are called of an object which stands in the handler's place."""
    suffix_keyword: str = ""
    """What it says comes behind the names of those methods."""
    doubt: str = ""
    """Why it is only likely to register anything, as a sentence."""

    @property
    def may_decorate(self) -> bool:
        """Whether it, or what its call gives, can stand as a decorator."""
        return self.kind is not Purpose.INCLUDE and (self.factory or self.handler.position == 0)

    @property
    def may_be_given(self) -> bool:
        """Whether a call can be given what it registers or includes."""
        return self.kind is Purpose.INCLUDE or bool(self.handler) or bool(self.dispatch_keyword)


@immutable
class ClassView:
    """A base class (or, for a convention, a class name) whose methods the framework calls."""

    framework: str
    kind: Purpose
    methods: tuple[str, ...]
    method_is_http: bool
    on_request_path: bool
    sync_runner: Runner
    async_runner: Runner
    parameter: str = ""
    """A convention holds only for methods with this parameter."""
