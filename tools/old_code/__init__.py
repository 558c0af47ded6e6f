"""Old code, rewritten by STL401, and whether everything that it imports of LlamaIndex now exists.

Development only.
"""
