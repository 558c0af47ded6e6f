"""Where the tokens of a stream go, from what starts it to what takes, sends or swallows them."""
