"""What search engines read on a public page: a PodcastSeries of schema.org, as JSON-LD."""

import json

from pitchcast.model.feed import FeedContent
from pitchcast.model.notes import clean_text
from pitchcast.model.show import Brand


def podcast_series(content: FeedContent) -> str:
    """Return the JSON-LD of a public feed; nothing in it can end the script element that it stands in."""
    show = content.show
    series = {
        "@context": "https://schema.org",
        "@type": "PodcastSeries",
        "name": clean_text(show.title),
        "description": clean_text(show.description),
        "url": content.page_url,
        "webFeed": content.feed_url,
        "image": content.cover_url,
        "inLanguage": show.language,
        "author": {"@type": "Person", "name": clean_text(show.host)} if show.host else None,
        "publisher": _company(content.brand),
    }
    text = json.dumps({name: value for name, value in series.items() if value}, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace("&", "\\u0026")


def _company(brand: Brand) -> dict[str, str] | None:
    if not brand.company:
        return None
    website = {"url": clean_text(brand.company_url)} if brand.company_url else {}
    return {"@type": "Organization", "name": clean_text(brand.company), **website}
