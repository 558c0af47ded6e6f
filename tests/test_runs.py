"""What a generator starts and nobody ends once the client has left: generators that differ in one step, asked directly."""

from __future__ import annotations

import pytest

from streamlint.faults.runs import Runs

from .asking import Program

HEAD = """\
import asyncio
import threading

from llama_index.core.workflow import StartEvent, StopEvent, Workflow, step
from llama_index.llms.openai import OpenAI

llm = OpenAI()
KEPT = []


class Chat(Workflow):
    @step
    async def answer(self, event: StartEvent) -> StopEvent:
        return StopEvent(result="done")


def keep(handler): ...


async def take(queue, q):
    for token in llm.stream_complete(q):
        await queue.put(token.delta)


def take_in_a_thread(queue, q):
    for token in llm.stream_complete(q):
        queue.put(token.delta)


async def other(queue, q): ...


class Session:
    def __init__(self, q):
        self.queue = asyncio.Queue()
        self.task = asyncio.create_task(take(self.queue, q))

    async def pieces(self):
        while True:
            yield await self.queue.get()


def start(queue, q):
    return asyncio.create_task(take(queue, q))


def start_and_drop(queue, q):
    asyncio.create_task(take(queue, q))


def start_and_stop(queue, q):
    asyncio.create_task(take(queue, q)).cancel()


def start_both(q):
    queue = asyncio.Queue()
    return queue, asyncio.create_task(take(queue, q))


class Held:
    def __init__(self, queue, q):
        self.task = asyncio.create_task(take(queue, q))


"""
TOKENS = "async def tokens(q, queue):\n    {}\n"


def runs(body: str) -> list[tuple[str, str, str | None]]:
    """What runs on, where it is seen, and the name that it has."""
    return runs_of(Program(HEAD + TOKENS.format(body)), "tokens")


def runs_of(program: Program, name: str) -> list[tuple[str, str, str | None]]:
    module, scope = program.module(), program.function(name)
    found = program.project.ask(Runs).of(program.evaluator.any_call(module, scope))
    return [(one.what.value, module.source.text[one.place.start : one.place.end], one.name) for one in found]


EVENTS = "async for event in handler.stream_events():\n        yield event"
MADE = "handler = Chat().run(q=q)\n    "
RUN = [("run", "handler.stream_events()", "handler")]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (MADE + EVENTS, RUN),
        (f"{MADE}{EVENTS}\n    yield await handler", RUN),
        (f"{MADE}print(handler.ctx)\n    {EVENTS}", RUN),
        (f"{MADE}keep(handler)\n    {EVENTS}", []),
        (f"{MADE}print(handler.result)\n    {EVENTS}", []),
        (f"{MADE}KEPT.append(handler)\n    {EVENTS}", []),
        (f"{MADE}await handler\n    {EVENTS}", []),
        (f"{MADE}{EVENTS}\n    await handler.cancel_run()", []),
        (f"handler = Chat().run(q=q)\n    other = handler\n    {EVENTS}", []),
        (f"{MADE}handler = q\n    {EVENTS}", []),
        (EVENTS.replace("handler", "Chat().run(q=q)"), [("run", "Chat().run(q=q).stream_events()", None)]),
        (f"{MADE}[event async for event in handler.stream_events()]\n    yield q", []),
        ("async for event in q.stream_events():\n        yield event", []),
        (f"{MADE}async for event in handler:\n        yield event", []),
    ],
)  # fmt: skip
def test_a_run_whose_handler_nobody_else_has(body: str, expected: list[tuple[str, str, str | None]]) -> None:
    assert runs(body) == expected


CALL = "asyncio.create_task(take(queue, q))"


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        (f"task = {CALL}", [("task", CALL, "task")]),
        (CALL, [("task", CALL, None)]),
        (f"task = {CALL}\n    task.cancel()", []),
        (f"task = {CALL}\n    KEPT.append(task)", []),
        (f"KEPT.append({CALL})", []),
        ("asyncio.create_task(other(queue, q))", []),
        ("asyncio.gather(take(queue, q))", []),
        ("await take(queue, q)", []),
        ("threading.Thread(target=take_in_a_thread, args=(queue, q)).start()", [
            ("thread", "threading.Thread(target=take_in_a_thread, args=(queue, q))", None)
        ]),
        ("threading.Thread(target=other, args=(queue, q)).start()", []),
        ("threading.Thread(args=(queue, q)).start()", []),
        ("start(queue, q)", [("task", "start(queue, q)", None)]),
        ("task = start(queue, q)", [("task", "start(queue, q)", None)]),
        ("KEPT.append(start(queue, q))", []),
        ("start_and_drop(queue, q)", [("task", "start_and_drop(queue, q)", None)]),
        ("start_and_stop(queue, q)", []),
        ("queue, task = start_both(q)", [("task", "start_both(q)", None)]),
        ("queue, _ = start_both(q)", [("task", "start_both(q)", None)]),
        ("queue, task = start_both(q)\n    KEPT.append(task)", []),
        ("held = Held(queue, q)", [("task", "Held(queue, q)", None)]),
        ("held = Held(queue, q)\n    KEPT.append(held)", []),
    ],
)  # fmt: skip
def test_a_task_or_a_thread_that_takes_tokens(starts: str, expected: list[tuple[str, str, str | None]]) -> None:
    assert runs(f"{starts}\n    while True:\n        yield await queue.get()") == expected


@pytest.mark.parametrize(
    ("made", "runs_on"),
    [
        ("return Session(q).pieces()", True),
        ("session = Session(q)\n    return session.pieces()", True),
        ("session = Session(q)\n    print(session.queue)\n    return session.pieces()", True),
        ("session = Session(q)\n    KEPT.append(session)\n    return session.pieces()", False),
        ("KEPT.append(Session(q))", False),
        ("session = Session(q)\n    session.task.cancel()\n    return session.pieces()", False),
        ("return Session", False),
        ("q.session = Session(q)\n    return q.session.pieces()", False),
    ],
)
def test_what_an_object_starts_that_each_request_makes(made: str, *, runs_on: bool) -> None:
    program = Program(f"{HEAD}def answer(q):\n    {made}\n")
    found = runs_of(program, "pieces")
    assert [one[0] for one in found] == (["task"] if runs_on else [])
