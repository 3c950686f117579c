"""A second step for a Django project: one view after Django's own password check.

Everything is in one file so that it can be run:
`TWOFOLD_URL=https://… TWOFOLD_KEY=twofold_key_… python django_app.py runserver`. In a project of
yours `begin` and `code` are what you copy.
"""

import os
import secrets
import sys

import django
from django.conf import settings
from django.contrib.auth import authenticate, login
from django.core.management import execute_from_command_line
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from twofold_client import Twofold

if not settings.configured:
    settings.configure(
        SECRET_KEY=os.environ.get("SECRET_KEY") or secrets.token_urlsafe(50),
        ALLOWED_HOSTS=["localhost", "127.0.0.1", "testserver"],
        ROOT_URLCONF=__name__,
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": os.environ.get("DJANGO_DB", "django.db"),
            }
        },
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
    )
    django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.middleware.csrf import get_token  # noqa: E402

twofold = Twofold(os.environ["TWOFOLD_URL"], os.environ["TWOFOLD_KEY"])
BROWSER = "second-step"


def page(request: HttpRequest, fields: str, status: int = 200) -> HttpResponse:
    """A form."""
    token = f'<input type="hidden" name="csrfmiddlewaretoken" value="{get_token(request)}">'
    return HttpResponse(
        f'<form method="post">{token}{fields}<button>Go on</button></form>', status=status
    )


def home(request: HttpRequest) -> HttpResponse:
    """For whoever has taken both steps."""
    if not request.user.is_authenticated:
        return HttpResponseRedirect("/sign-in")
    return HttpResponse(f"Hello {request.user.get_username()}")


def begin(request: HttpRequest) -> HttpResponse:
    """The first step: Django's own check, and not yet its `login`."""
    fields = '<input name="username"><input name="password" type="password">'
    if request.method != "POST":
        return page(request, fields)
    user = authenticate(
        request,
        username=request.POST.get("username", ""),
        password=request.POST.get("password", ""),
    )
    if user is None:
        return page(request, fields, 422)
    request.session.flush()
    request.session["half"] = user.pk  # No view but `code` looks at it.
    request.session.set_expiry(600)
    return HttpResponseRedirect("/code")


def code(request: HttpRequest) -> HttpResponse:
    """The second step: Twofold's answer, of which only *accepted* is yes."""
    user = User.objects.filter(pk=request.session.get("half"), is_active=True).first()
    if user is None:
        return HttpResponseRedirect("/sign-in")
    fields = '<input name="code" autocomplete="one-time-code"><input name="next_code">'
    if request.method != "POST":
        return page(request, fields)
    answer = twofold.verify(
        f"u-{user.pk}",
        request.POST.get("code", ""),
        next_code=request.POST.get("next_code", ""),
        address=request.META.get("REMOTE_ADDR", ""),
        browser=request.COOKIES.get(BROWSER, ""),
    )
    if not answer.accepted:
        words = (
            f"Wait {answer.retry_after} seconds." if answer.retry_after else "Try the next code."
        )
        return page(request, f"<p>{words}</p>{fields}", 422)
    request.session.flush()
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    done = HttpResponseRedirect("/")
    if BROWSER not in request.COOKIES:
        done.set_cookie(
            BROWSER, secrets.token_urlsafe(32), max_age=15_000_000, httponly=True, samesite="Strict"
        )
    return done


urlpatterns = [path("", home), path("sign-in", begin), path("code", code)]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
