"""Generates streamlint/knowledge/llama_index*.toml by introspecting several installed releases of llama-index-core.

Run `python -m tools.llama_index_tables` from the root of the repository. It makes one virtual environment per release
(about 200 MB each, kept for the next run), imports everything in it, and writes what holds in which release. Nothing in
those tables is written by hand: what introspection cannot say stands in streamlint/knowledge/llama_index_meaning.toml.
"""
