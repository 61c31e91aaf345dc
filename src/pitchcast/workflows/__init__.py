"""One file per job; each hands one stage's result to the next."""
