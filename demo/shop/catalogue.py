"""The one page that works: a list, a few milliseconds of honest effort."""

import time

ITEMS = ["teapot", "kettle", "cup", "saucer", "tray", "strainer", "tin", "spoon"]


def listing(request):
    """A page of the catalogue."""
    page = int(request.number("page", 1, 1000))
    # Stands for the database that a shop would ask.
    time.sleep(0.002 + (page % 7) * 0.003)
    lines = [f"{page}.{number} {item} {price(page, number)}" for number, item in enumerate(ITEMS, 1)]
    return "text/plain; charset=utf-8", "\n".join(lines) + "\n"


def price(page, number):
    """A price in euros that depends on nothing but its place."""
    return f"{(page * 37 + number * 113) % 9000 / 100 + 1:.2f} EUR"
