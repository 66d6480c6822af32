"""What a page gets to know of its request."""

from urllib.parse import parse_qs


class Request:
    """One request: method, path, and numbers from the query string, kept within bounds."""

    def __init__(self, environ):
        self.environ = environ
        self.method = environ["REQUEST_METHOD"]
        self.path = environ.get("PATH_INFO") or "/"
        # Further headers of the response.
        self.headers = []
        self.query = parse_qs(environ.get("QUERY_STRING", ""))

    def text(self, name, default=""):
        """First value of a query parameter."""
        return self.query.get(name, [default])[0]

    def number(self, name, default, most):
        """A query parameter as a number between 0 and `most`; the default when it is absent or no number."""
        try:
            value = float(self.text(name, str(default)))
        except ValueError:
            value = float(default)
        # The comparison also turns "nan" into 0.
        return min(value, float(most)) if value > 0 else 0.0
