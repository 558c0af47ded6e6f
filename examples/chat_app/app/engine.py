"""The index over the handbook, and the engines that answer from it."""

from functools import lru_cache

from llama_index.core import Document, MockEmbedding, VectorStoreIndex
from llama_index.core.base.base_query_engine import BaseQueryEngine

from .model import ParrotLLM

HANDBOOK = (
    "Everybody has thirty days of holidays. Ask your team first, then put them into the calendar.",
    "Expenses are paid back within two weeks. Keep the receipt.",
    "The office is open from seven to nine. The garden is open all day.",
)


@lru_cache(maxsize=1)
def get_index() -> VectorStoreIndex:
    documents = [Document(text=text) for text in HANDBOOK]
    return VectorStoreIndex.from_documents(documents, embed_model=MockEmbedding(embed_dim=8))


def get_query_engine() -> BaseQueryEngine:
    return get_index().as_query_engine(llm=ParrotLLM(), streaming=True, similarity_top_k=3)


def get_plain_engine() -> BaseQueryEngine:
    return get_index().as_query_engine(llm=ParrotLLM(), similarity_top_k=3)
