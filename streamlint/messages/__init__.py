"""What findings of several rules say in common."""
