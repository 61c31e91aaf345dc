"""The names of a feed's XML namespaces, in lxml's form, ready to put before an element's name."""

ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
PODCAST = "{https://podcastindex.org/namespace/1.0}"
PODCAST_OLD = (
    "{https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md}",
    "{https://github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md}",
)
"""The podcast: namespace's first name, in both spellings; its specification asks readers to treat all alike."""
ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
