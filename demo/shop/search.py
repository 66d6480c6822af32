"""Search: a regular expression that backtracks without end, and a category tree that contains itself."""

import re

TEXT = "text/plain; charset=utf-8"
# Every further "a" doubles the ways to split the word. The matching is one call in C: no other thread of the process runs meanwhile.
WORDS = re.compile(r"^(\w+\s?)*$")


def search(request):
    """Looks whether the query consists of words."""
    length = int(request.number("n", 27, 40))
    query = "a" * length + "!"
    return TEXT, "words\n" if looks_like_words(query) else "no words\n"


def looks_like_words(query):
    """The check that nobody tried with a long word."""
    return WORDS.match(query) is not None


CATEGORIES = {"tea": "drinks", "drinks": "groceries", "groceries": "tea"}


def category(_request):
    """The path of a category, whose topmost one has a parent after all."""
    return TEXT, " > ".join(path_of("tea")) + "\n"


def path_of(name):
    """Names from the top down to `name`."""
    return [*path_of(CATEGORIES[name]), name]
