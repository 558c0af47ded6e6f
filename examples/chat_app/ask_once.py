"""Ask the handbook from the command line: a script may wait for its answer."""

import sys

from app.engine import get_query_engine

if __name__ == "__main__":
    response = get_query_engine().query(" ".join(sys.argv[1:]) or "holidays")
    print("".join(response.response_gen))
