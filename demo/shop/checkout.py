"""Paying: where the troubles of other people's systems arrive."""

from . import fraud, gateway

TEXT = "text/plain; charset=utf-8"


class CheckoutError(Exception):
    """An order that could not be paid."""


CARDS = {"visa": "4111", "master": "5500"}


def pay_slowly(request):
    """The bank takes its time, then answers."""
    seconds = request.number("s", 5, 600)
    receipt = gateway.charge("order 1001", answer_after=seconds)
    return TEXT, f"{receipt} after {seconds:g} s\n"


def pay_silent_bank(_request):
    """The bank never answers, and nobody gave the call a timeout."""
    return TEXT, gateway.charge("order 1002", answer_after=None) + "\n"


def pay_with_fraud_check(request):
    """The fraud check is a C library that keeps the interpreter's lock while it waits."""
    seconds = request.number("s", 10, 120)
    fraud.score("order 1003", seconds)
    return TEXT, f"checked for {seconds:g} s\n"


def pay_bad_card(request):
    """An exception with a cause."""
    return TEXT, authorise("order 1004", request.text("card", "diners"))


def authorise(order, card):
    """Looks the card's issuer up."""
    try:
        issuer = CARDS[card]
    except KeyError as missing:
        raise CheckoutError(f"{order}: no contract with the issuer of {card!r}") from missing
    return f"authorised by {issuer}\n"
