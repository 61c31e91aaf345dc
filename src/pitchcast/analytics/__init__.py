"""Access logs: lines become requests, and requests are counted."""
