"""Answers questions about a handbook: a workflow finds what fits and lets a local model write, token by token."""

import anyio
import ollama
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from llama_index.core import Document, MockEmbedding, VectorStoreIndex
from llama_index.core.workflow import Context, Event, StartEvent, StopEvent, Workflow, step

HANDBOOK = (
    "Everybody has thirty days of holidays. Ask your team first, then put them into the calendar.",
    "Expenses are paid back within two weeks. Keep the receipt.",
)

app = FastAPI()
model = ollama.AsyncClient(timeout=10)
index = VectorStoreIndex.from_documents([Document(text=text) for text in HANDBOOK], embed_model=MockEmbedding(8))


class Token(Event):
    text: str


class Answer(Workflow):
    @step
    async def write(self, context: Context, event: StartEvent) -> StopEvent:
        found = await index.as_retriever().aretrieve(event.question)
        pages = "\n".join(node.text for node in found)
        messages = [{"role": "system", "content": pages}, {"role": "user", "content": event.question}]
        async for part in await model.chat(model="llama3.2", messages=messages, stream=True):
            context.write_event_to_stream(Token(text=part.message.content))
        return StopEvent()


@app.get("/chat")
async def chat(q: str):
    handler = Answer(timeout=45).run(question=q)

    async def tokens():
        try:
            async for event in handler.stream_events():
                if isinstance(event, Token):
                    yield event.text
            await handler
        finally:
            with anyio.CancelScope(shield=True):
                await handler.cancel_run()

    return StreamingResponse(tokens(), media_type="text/plain")
