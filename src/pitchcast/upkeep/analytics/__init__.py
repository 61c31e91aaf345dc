"""What was read from access logs, in the storage: all of it is changed by compare-and-swap, and nothing else."""
