"""The jobs, one file each, named like the command: each hands one stage's result to the next."""
