"""Catalog to RSS: render feeds, and check what a directory or an app would reject."""
