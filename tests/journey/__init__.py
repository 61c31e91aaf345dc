"""Whole journeys, as people make them: from a recording to what was sent, in a real terminal."""
