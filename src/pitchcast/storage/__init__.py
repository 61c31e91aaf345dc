"""Bytes at rest: the same promises over a folder and over any S3-compatible service."""
