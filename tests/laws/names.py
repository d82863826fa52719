"""Names, usual and awkward."""

from __future__ import annotations

from collections.abc import Collection

from hypothesis import strategies as st

from tests.laws.databases import Traits

USUAL = (
    *("a", "b", "c", "d", "e", "f", "g", "h"),
    *("user", "account", "post", "entry", "person", "town", "line", "article"),
    *("name", "full_name", "title", "size", "code", "zip", "number", "note"),
)
AWKWARD = (
    *("order", "group", "select", "User", "sel ect", "a-b", "brack[et]", "1st"),
    *("back\\slash", ":colon", "ümlaut", "semi;colon", "100%", "%s"),
    *("a.b", "x.y.z", 'quo"te', "it's", "back`tick", "(x)", "%(z)s"),
)


def fold(name: str) -> str:
    """Return a form in which names are equal that are so to any of the databases."""
    return name.casefold()


def free_name(draw: st.DrawFn, traits: Traits, taken: Collection[str], *, in_key: bool) -> str:
    """Draw a name that is none of those, whatever the case of its letters.

    :param taken: the names, folded.
    :param in_key: it is of a table, or of a column in a key.
    """
    closed = {*taken, *traits.misread, *(traits.misread_in_keys if in_key else ())}
    pools = [
        [name for name in pool if fold(name) not in closed]
        for pool in (USUAL, (*AWKWARD, *traits.long_names))
    ]
    usual, awkward = map(st.sampled_from, pools)
    is_usual = draw(st.integers(0, 3)) < 3 or not pools[1]
    return draw(usual if is_usual else awkward)
