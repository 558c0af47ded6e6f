"""Who runs which function for whom: entry points of frameworks, and what is reached from them."""
