"""One analysis for one rule, under its own noun; none knows another."""
