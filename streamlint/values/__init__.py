"""What an expression may be, followed through variables, calls, objects and modules."""

from streamlint.values.domain import Values as Values
from streamlint.values.evaluator import Evaluator as Evaluator
