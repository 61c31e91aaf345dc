"""Style and script without what only people need, since every page carries both.

It is made for pitchcast's own two files and their way of writing: statements end with a semicolon, a comment has a line
of its own, no template literal holds another one, and no CSS string holds a sign that stands between words. The
libraries that do it for any file come as C for Linux only, or bring Node with them.
"""

import re

_COMMENTS = re.compile(r"^[ \t]*(//.*|/\*[^*\n]*\*/)$", re.MULTILINE)
_REGEX = r"/(?![/*])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*"
_KEPT = rf"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|^{_REGEX}"
# No sign is among these that could mean another one without the space beside it, as in “a - -b” and “a / b”.
_SIGNS = rf" *([()\[\]{{}}=,;:?<>*&|!]+)(?:(?<![)\]}}]) *({_REGEX}))? *"
_SCRIPT = re.compile(rf"({_KEPT})|{_SIGNS}", re.MULTILINE)


def without_indentation(text: str) -> str:
    """Return style or script without empty lines, indentation, and comments on lines of their own."""
    lines = (line.strip() for line in _COMMENTS.sub("", text).splitlines())
    return "\n".join(line for line in lines if line)


def squeezed_style(text: str) -> str:
    """Return a style sheet without the spaces that browsers do not need."""
    bare = re.sub(r"\s?([{};,>])\s?", r"\1", without_indentation(text))
    return bare.replace(": ", ":").replace(";}", "}")


def squeezed_script(text: str) -> str:
    """Return a script without the spaces and the ends of lines that browsers do not need, and with the shorter let."""
    bare = _SCRIPT.sub(lambda found: found[1] or f"{found[2]}{found[3] or ''}", without_indentation(text))
    short = re.sub(r"\bconst\b", "let", bare)
    return re.sub(r"(?<=[{(\[,;])\n(?! *[\"'`/])|\n(?=[})\]])", "", short)
