"""Sends each request to its page."""

from . import audit, catalogue, checkout, orders, pages, recommendations, reports, search, session, warehouse
from .request import Request

ROUTES = {
    "/": pages.index,
    "/health": pages.health,
    "/catalogue": catalogue.listing,
    "/slow": checkout.pay_slowly,
    "/hang": checkout.pay_silent_bank,
    "/error": checkout.pay_bad_card,
    "/gil": checkout.pay_with_fraud_check,
    "/deadlock": warehouse.reserve_during_recount,
    "/spin": reports.turnover,
    "/big": reports.export,
    "/stream": reports.progress,
    "/leak": recommendations.recommend,
    "/crash": recommendations.recommend_natively,
    "/locked": orders.place_order,
    "/regex": search.search,
    "/recursion": search.category,
    "/header": session.remember_all,
    "/descriptors": session.keep_open,
    "/flood": audit.flood,
    "/hostile": audit.hostile,
}


def application(environ, start_response):
    """The WSGI callable."""
    request = Request(environ)
    page = ROUTES.get(request.path)
    if page is None:
        start_response("404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
        return [b"no such page\n"]
    content_type, body = page(request)
    headers = [("Content-Type", content_type), ("Cache-Control", "no-store"), *request.headers]
    if isinstance(body, str):
        body = [body.encode()]
        headers.append(("Content-Length", str(len(body[0]))))
    start_response("200 OK", headers)
    return body
