"""What an expression may be, followed through variables, calls, objects and modules. Ask `evaluator.Evaluator`."""
