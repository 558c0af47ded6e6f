"""What routes do with answers."""


def collect(response) -> str:
    """The whole answer as one text."""
    return "".join(response.response_gen)


def as_event(token: str) -> str:
    """A token as a server-sent event."""
    lines = "".join(f"data: {line}\n" for line in token.split("\n"))
    return f"{lines}\n"
