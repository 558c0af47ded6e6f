"""From which release to which LlamaIndex breaks a stream: small programs that say good or bad, and a search over the releases.

`python -m tools.release_probes` runs each probe of `streamlint/knowledge/broken_releases.toml` on the releases that it needs to
see, in environments of their own, and prints the ranges; the row of a probe holds the range and the day.
"""
