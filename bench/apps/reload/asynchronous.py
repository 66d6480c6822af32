"""The same for uvicorn, which speaks ASGI."""

import time

BEGUN = time.perf_counter()
import wares  # noqa: E402

BODY = b"%d %.3f\n" % (wares.VERSION, (time.perf_counter() - BEGUN) * 1000)


async def application(scope, receive, send):
    if scope["type"] != "http":
        return
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(BODY)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": BODY})
