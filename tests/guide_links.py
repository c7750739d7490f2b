"""Links and images of the bundled documentation that lead nowhere."""

from __future__ import annotations

import re

from annotator.guide import Guide, parts, resolved, slug

_LINK = re.compile(r"\]\(([^()\s]+)\)")
_CODE = re.compile(r"^```[^\n]*\n.*?^```|`[^`\n]+`", re.M | re.S)


def broken_links(guide: Guide, without: tuple[str, ...] = ()) -> list[str]:
    """Return ``page: link`` for every link of a page to a page or image that is not there.

    Args:
        without: beginnings of paths that the guide omits on purpose. Files of the source code are never part of it.
    """
    found = []
    for page in guide.pages:
        for link in _LINK.findall(_CODE.sub("", guide.text(page))):
            path, anchor = resolved(page, link), link.partition("#")[2]
            if path is None or path.startswith(without) or (not path.endswith(".md") and "images" not in path):
                continue
            there = guide.file(path) is not None
            if not there or (anchor and anchor not in {slug(heading) for heading, _ in parts(guide.text(path))}):
                found.append(f"{page}: {link}")
    return found
