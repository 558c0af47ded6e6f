"""Asks the real integrations of LlamaIndex which time and output limits they set by themselves, release by release."""
