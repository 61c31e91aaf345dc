"""What every job ends in: a change of the catalog, and public/ made to say what the catalog says."""
