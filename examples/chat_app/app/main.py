"""The application: `uvicorn --app-dir examples/chat_app app.main:app`."""

from fastapi import FastAPI

from . import background, broken, correct

app = FastAPI(title="Handbook chat")
app.include_router(broken.router)
app.include_router(background.router)
app.include_router(correct.router)


@app.get("/health")
async def health():
    return {"status": "ok"}
