"""The parser's tree of one module, read once into plain data; `model.summary` is its face."""
