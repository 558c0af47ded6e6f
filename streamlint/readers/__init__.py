"""Who in the repository reads what a route answers: tests, scripts, pages, and what the route itself promises of it."""

from streamlint.readers.pages import Pages as Pages
from streamlint.readers.readers import Readers as Readers
