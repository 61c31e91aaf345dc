"""MP3 as bytes: its frames, and where two streams can be joined."""
