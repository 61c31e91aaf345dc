"""The categories that directories know: Apple's list of 2019 and later, which all others follow."""

from collections.abc import Iterator
from difflib import get_close_matches

SEPARATOR = " > "

# Apple Podcasts for Creators, "Apple Podcasts categories": the names are case-sensitive and always English.
CATEGORIES: dict[str, tuple[str, ...]] = {
    "Arts": ("Books", "Design", "Fashion & Beauty", "Food", "Performing Arts", "Visual Arts"),
    "Business": ("Careers", "Entrepreneurship", "Investing", "Management", "Marketing", "Non-Profit"),
    "Comedy": ("Comedy Interviews", "Improv", "Stand-Up"),
    "Education": ("Courses", "How To", "Language Learning", "Self-Improvement"),
    "Fiction": ("Comedy Fiction", "Drama", "Science Fiction"),
    "Government": (),
    "History": (),
    "Health & Fitness": ("Alternative Health", "Fitness", "Medicine", "Mental Health", "Nutrition", "Sexuality"),
    "Kids & Family": ("Education for Kids", "Parenting", "Pets & Animals", "Stories for Kids"),
    "Leisure": (
        "Animation & Manga",
        "Automotive",
        "Aviation",
        "Crafts",
        "Games",
        "Hobbies",
        "Home & Garden",
        "Video Games",
    ),
    "Music": ("Music Commentary", "Music History", "Music Interviews"),
    "News": (
        "Business News",
        "Daily News",
        "Entertainment News",
        "News Commentary",
        "Politics",
        "Sports News",
        "Tech News",
    ),
    "Religion & Spirituality": (
        "Buddhism",
        "Christianity",
        "Hinduism",
        "Islam",
        "Judaism",
        "Religion",
        "Spirituality",
    ),
    "Science": (
        "Astronomy",
        "Chemistry",
        "Earth Sciences",
        "Life Sciences",
        "Mathematics",
        "Natural Sciences",
        "Nature",
        "Physics",
        "Social Sciences",
    ),
    "Society & Culture": ("Documentary", "Personal Journals", "Philosophy", "Places & Travel", "Relationships"),
    "Sports": (
        "Baseball",
        "Basketball",
        "Cricket",
        "Fantasy Sports",
        "Football",
        "Golf",
        "Hockey",
        "Rugby",
        "Running",
        "Soccer",
        "Swimming",
        "Tennis",
        "Volleyball",
        "Wilderness",
        "Wrestling",
    ),
    "Technology": (),
    "True Crime": (),
    "TV & Film": ("After Shows", "Film History", "Film Interviews", "Film Reviews", "TV Reviews"),
}


def check_category(text: str) -> str | None:
    """Return None for a category of Apple's list such as ``Business > Marketing``, else a sentence with near ones."""
    if text in all_categories():
        return None
    near = _near(text)
    advice = f"; did you mean {' or '.join(f'“{name}”' for name in near)}?" if near else ""
    return f"“{text}” is not a category that directories know{advice}"


def all_categories() -> Iterator[str]:
    """Yield every category and, after it, each of its subcategories as ``Category > Subcategory``."""
    for category, subcategories in CATEGORIES.items():
        yield category
        for subcategory in subcategories:
            yield f"{category}{SEPARATOR}{subcategory}"


def split_category(text: str) -> tuple[str, str]:
    """Return category and subcategory ("" without one) of ``Category > Subcategory``."""
    category, _, subcategory = text.partition(">")
    return category.strip(), subcategory.strip()


def _near(text: str) -> list[str]:
    """Return up to three categories that look like *text*, or whose last part alone does, nearest first."""
    wanted = text[:100].casefold()  # a category is short; comparing costs the square of the length
    whole = {name.casefold(): name for name in all_categories()}
    parts = {name.rpartition(SEPARATOR)[2].casefold(): name for name in all_categories()}
    by_whole = [whole[found] for found in get_close_matches(wanted, whole, n=3, cutoff=0.75)]
    last_part = wanted.rpartition(">")[2].strip()
    by_part = [parts[found] for found in get_close_matches(last_part, parts, n=3, cutoff=0.75)]
    return list(dict.fromkeys(by_part[:1] + by_whole + by_part[1:]))[:3]
