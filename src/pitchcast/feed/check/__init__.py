"""What a directory or an app would reject in a feed: one file of rules for each kind."""
