"""What jobs make of a recording: a master, a greeting, and episodes in feeds; and the show as the settings say it."""
