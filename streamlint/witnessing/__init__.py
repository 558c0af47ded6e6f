"""Tests that people keep: that what a route streams arrives while it is made, asked over a real server."""
