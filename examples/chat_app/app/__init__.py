"""A chat about the company handbook."""
