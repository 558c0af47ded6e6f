"""Do the tests see when the model is wrong? Small faults are put into it, one at a time, and the tests that come by are run.

No library does this here: mutmut 3 leaves out what has a decorator, so every property, and takes no statement away; cosmic-ray
starts a new interpreter and all tests for each fault; mutatest ended with Python 3.8.
"""
