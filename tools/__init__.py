"""Programs for the people who work on streamlint; none of them is installed with it."""
