"""What is installed with pitchcast: pinned versions and hashes, licences, known holes."""
