"""`python -m streamlint` is `streamlint`."""

from streamlint.cli import main

main()
