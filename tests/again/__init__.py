"""An interrupted command is completed by the same command: tried at every request of every writing command."""
