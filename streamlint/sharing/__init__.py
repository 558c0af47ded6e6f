"""What several requests or threads have in common, and what may therefore not be moved or split."""

from streamlint.sharing.shared_state import SharedState as SharedState
