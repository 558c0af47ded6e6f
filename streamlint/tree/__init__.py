"""A Python file as rules and repairs see it: its facts, and the tree of libcst for the few that have any."""
