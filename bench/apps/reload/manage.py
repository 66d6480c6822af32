"""A Django site of one page, for runserver."""

import os
import sys
import time

BEGUN = time.perf_counter()
import wares  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import execute_from_command_line  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402

BODY = b"%d %.3f\n" % (wares.VERSION, (time.perf_counter() - BEGUN) * 1000)


def page(request):
    return HttpResponse(BODY, content_type="text/plain")


urlpatterns = [path("", page)]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "manage")
if not settings.configured:
    settings.configure(DEBUG=True, SECRET_KEY="bench", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], WSGI_APPLICATION=None, DATABASES={})

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
else:
    application = get_wsgi_application()
