"""Recording to master: probe, measure, level, edit, encode, tag."""
