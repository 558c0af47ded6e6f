"""Whether `stream_events()` ends when a workflow comes to its time limit."""

import asyncio
import os

from llama_index.core.workflow import StartEvent, StopEvent, Workflow, step

SECONDS = 8


class Flow(Workflow):
    @step
    async def answer(self, ev: StartEvent) -> StopEvent:
        await asyncio.sleep(3600)
        return StopEvent(result="done")


async def taken():
    handler = Flow(timeout=0.5).run()
    try:
        async for _ in handler.stream_events():
            pass
    except Exception as error:
        if "timed out" not in str(error):
            raise


async def main():
    task = asyncio.ensure_future(taken())
    done, _ = await asyncio.wait([task], timeout=SECONDS)
    if done:
        task.result()
    print("good" if done else f"bad: no end after {SECONDS} s", flush=True)
    os._exit(0)


asyncio.run(main())
