"""Real servers that prove that a finding hurts and that its fix helps.

`measure.measure(code)` runs an application under a real server and says what its client saw; `measure.broken_and_fixed(code)`
does that for the code and for what streamlint's fix made of it. Assertions are ratios within one run, and a test that fails
for timing is run again, three times at the most (`measure.repeated`): a neighbour on a busy machine can make a stream look
slow, but nothing makes a buffered answer look like a stream.
"""
