"""One file, one class, one code; found by the names of the files."""
