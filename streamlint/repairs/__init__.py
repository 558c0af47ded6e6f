"""Codemods that several rules share."""
