"""The steps from one catalog to the next: pure functions that can run again on a newer catalog."""
