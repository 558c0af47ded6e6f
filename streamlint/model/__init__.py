"""What the text of one module says: scopes, statements and expressions as plain data, read once."""
