"""Catalog to HTML and pictures: the listening page and cover art."""
