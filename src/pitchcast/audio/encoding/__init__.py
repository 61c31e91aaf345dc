"""Samples become a finished file: MP3 by all processors, or AAC in MP4."""
