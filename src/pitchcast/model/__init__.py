"""What pitchcast talks about: frozen data and pure functions. No files, no network, no clock."""
