"""What several requests or threads have in common, and what may therefore not be moved or split."""
