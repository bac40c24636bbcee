"""A workshop in the room: coming in by one code, the screen that moves, the remote, slips, and forgetting."""
