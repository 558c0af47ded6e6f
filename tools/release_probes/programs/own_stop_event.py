"""Whether `stream_events()` ends when a workflow ends with a stop event of its own class."""

import asyncio

from llama_index.core.workflow import StartEvent, StopEvent, Workflow, step

SECONDS = 8


class Answer(StopEvent):
    content: str


class Flow(Workflow):
    @step
    async def answer(self, ev: StartEvent) -> Answer:
        return Answer(content="done")


async def taken():
    handler = Flow(timeout=60).run()
    async for _ in handler.stream_events():
        pass
    await handler


async def main():
    task = asyncio.ensure_future(taken())
    done, _ = await asyncio.wait([task], timeout=SECONDS)
    if done:
        task.result()
        print("good", flush=True)
    else:
        print(f"bad: no end after {SECONDS} s", flush=True)
        import os

        os._exit(0)


asyncio.run(main())
