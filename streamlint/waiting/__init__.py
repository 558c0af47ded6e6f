"""What holds a thread or an event loop, and which rule reports it."""
