"""What of a function a call comes to, and what it leaves out."""
