"""Catalog to HTML: the listening page, and how people reach it."""
