"""Which releases of its packages the linted project uses."""
