"""What is lost where a run or a task ends before its last step: asked of small programs."""

from __future__ import annotations

import pytest

from streamlint.faults.losses import Losses

from .asking import Program

HEAD = """\
from keeping import Kept
from llama_index.core import VectorStoreIndex
from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent
from llama_index.core.tools import FunctionTool, QueryEngineTool
from llama_index.core.workflow import Context, Event, StartEvent, StopEvent, Workflow, step
from llama_index.llms.openai import OpenAI

llm = OpenAI()
engine = VectorStoreIndex.from_documents([]).as_query_engine()


def count(text):
    return len(text)


def stripped(text):
    return text.strip()


def sent(text):
    return text.send()


def save(text):
    open("kept.txt", "w").write(text)


"""
UNSEEN = "what cannot be seen from here"


def lost(text: str) -> str:
    """What the run may lose whose handler is marked."""
    program = Program(HEAD + text)
    return program.project.ask(Losses).of_run(*program.at())


def agent(made: str, run: str = "agent.run('Hello')", before: str = "") -> str:
    return f"{before}agent = {made}\n\n\nasync def chat(q, ctx):\n    handler = {run}\n    «handler»\n"


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ("FunctionAgent(tools=[], llm=llm)", ""),
        ("FunctionAgent(tools=[count], llm=llm)", ""),
        ("FunctionAgent(tools=[stripped], llm=llm)", ""),
        ("FunctionAgent(tools=[sent], llm=llm)", "`text.send(...)`"),
        ("FunctionAgent(tools=[save], llm=llm)", "`open(...)`"),
        ("FunctionAgent(tools=[save, count], llm=llm)", "`open(...)`"),
        ("FunctionAgent(tools=[count, save], llm=llm)", "`open(...)`"),
        ("FunctionAgent(tools=[unknown], llm=llm)", UNSEEN),
        ("FunctionAgent(tools=unknown, llm=llm)", UNSEEN),
        ("FunctionAgent(tools=[*unknown], llm=llm)", UNSEEN),
        ("FunctionAgent(tools=[count], llm=unknown)", UNSEEN),
        ("FunctionAgent(tools=[count], llm=engine)", UNSEEN),
        ("FunctionAgent(tools=[count], llm=llm, memory=llm)", "what `memory` does"),
        ("FunctionAgent(tools=[count], llm=llm, **options)", "what `**` does"),
        ("FunctionAgent([count])", UNSEEN),
        ("AgentWorkflow.from_tools_or_functions([count], llm=llm)", ""),
        ("AgentWorkflow.from_tools_or_functions([save], llm=llm)", "`open(...)`"),
        ("AgentWorkflow.from_tools_or_functions(tools_or_functions=[save], llm=llm)", "`open(...)`"),
        ("AgentWorkflow.from_tools_or_functions([count], [save])", UNSEEN),
        ("AgentWorkflow(agents=[FunctionAgent(tools=[count], llm=llm)])", ""),
        ("AgentWorkflow(agents=[FunctionAgent(tools=[save], llm=llm)])", "`open(...)`"),
        ("AgentWorkflow(agents=[engine])", UNSEEN),
        ("FunctionAgent(tools=[FunctionTool.from_defaults(fn=count)], llm=llm)", ""),
        ("FunctionAgent(tools=[FunctionTool.from_defaults(count)], llm=llm)", ""),
        ("FunctionAgent(tools=[FunctionTool.from_defaults(save)], llm=llm)", "`open(...)`"),
        ("FunctionAgent(tools=[FunctionTool.from_defaults(fn=save)], llm=llm)", "`open(...)`"),
        ("FunctionAgent(tools=[FunctionTool.from_defaults(async_fn=save)], llm=llm)", "`open(...)`"),
        ("FunctionAgent(tools=[FunctionTool.from_defaults(name='count')], llm=llm)", UNSEEN),
        ("FunctionAgent(tools=[FunctionTool.from_defaults(fn=count, name='n')], llm=llm)", ""),
        ("FunctionAgent(tools=[FunctionTool.from_defaults(fn=count, callback=save)], llm=llm)", UNSEEN),
        ("FunctionAgent(tools=[FunctionTool.from_defaults(fn=count, **options)], llm=llm)", UNSEEN),
        ("FunctionAgent(tools=[QueryEngineTool.from_defaults(query_engine=engine)], llm=llm)", ""),
    ],
)
def test_what_an_agent_is_made_of(made: str, expected: str) -> None:
    assert lost(agent(made)) == expected


def test_a_list_that_is_filled_elsewhere() -> None:
    made = "FunctionAgent(tools=TOOLS, llm=llm)"
    assert lost(agent(made, before="TOOLS = [count]\n")) == ""
    assert lost(agent(made, before="TOOLS = [count]\nTOOLS.append(save)\n")) == "`open(...)`"
    assert lost(agent(made, before="TOOLS = [count] if llm else [save]\n")) == "`open(...)`"
    assert lost(agent(made, before="TOOLS = [save] if llm else [count]\n")) == "`open(...)`"


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("agent.run(q)", ""),
        ("agent.run(user_msg=q)", ""),
        ("agent.run(q, ctx)", UNSEEN),
        ("agent.run(q, memory=ctx)", "what is kept in `memory`"),
        ("agent.run(q, **ctx)", "what is kept in `**`"),
        ("agent.run(q, ctx=Context(agent))", ""),
        ("agent.run(q, ctx=KEPT)", "what is kept in `KEPT`"),
        ("run(q)", UNSEEN),
        ("unknown", UNSEEN),
    ],
)
def test_what_a_run_is_given(run: str, expected: str) -> None:
    made = "FunctionAgent(tools=[count], llm=llm)"
    assert lost(agent(made, run, f"KEPT = Context({made})\n")) == expected


WORKFLOW = """\
class Chat({base}):
    {before}

    @step
    async def answer(self, event: StartEvent) -> StopEvent:
        {body}
        return StopEvent(result="done")


async def chat(q):
    handler = Chat(timeout=None).run(q=q)
    «handler»
"""


@pytest.mark.parametrize(
    ("base", "before", "body", "expected"),
    [
        ("Workflow", "kept = 1", "count('')", ""),
        ("Workflow", "kept = 1", "save('')", "`open(...)`"),
        ("Workflow", "def __init__(self, timeout):\n        save('')", "pass", ""),
        ("Workflow", "def more(self):\n        save('')", "pass", "`open(...)`"),
        ("Workflow", "class more:\n        save('')", "pass", ""),
        ("Kept, Workflow", "kept = 1", "pass", UNSEEN),
    ],
)
def test_what_the_steps_of_a_workflow_do(base: str, before: str, body: str, expected: str) -> None:
    assert lost(WORKFLOW.format(base=base, before=before, body=body)) == expected


def test_who_observes_the_models_may_bill_them() -> None:
    observed = "from llama_index.core.callbacks import CallbackManager\n\n\n" + agent(
        "FunctionAgent(tools=[count], llm=llm)"
    )
    assert lost(observed) == "what `CallbackManager` observes"


@pytest.mark.parametrize(
    ("given", "expected"),
    [("count", ""), ("save", "`open(...)`"), ("save('')", UNSEEN), ("unknown", UNSEEN), ("work()", "`open(...)`")],
)
def test_a_function_that_runs_beside_the_answer(given: str, expected: str) -> None:
    program = Program(f"{HEAD}async def work():\n    save('')\n\n\n«{given}»\n")
    found = program.project.ask(Losses).of_function(program.values())
    assert found == expected


@pytest.mark.parametrize(
    ("before", "body", "expected"),
    [
        ("kept = 1", "pass", True),
        ("kept = 1", "for one in q: pass", True),
        ("kept = 1", "while True: pass", False),
        ("kept = 1", "save('')", False),
        ("def more(self): pass", "pass", False),
    ],
)
def test_one_step_without_a_loop_ends_by_itself(before: str, body: str, *, expected: bool) -> None:
    text = WORKFLOW.format(base="Workflow", before=before, body=body).replace("«handler»", "«Chat()»")
    program = Program(HEAD + text)
    [made] = program.values()
    assert program.project.ask(Losses).ends_by_itself(made) is expected  # type: ignore[arg-type]
