"""Sound as samples: decoded, measured, chosen from channels, levelled, cut, mixed and limited."""
