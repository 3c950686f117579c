"""A second step for a Flask application that keeps its own passwords.

Run it with `TWOFOLD_URL=https://… TWOFOLD_KEY=twofold_key_… flask --app flask_app run`.
"""

import os
import secrets

from flask import Flask, make_response, redirect, request, session
from twofold_client import Twofold
from werkzeug.security import check_password_hash, generate_password_hash
from werkzeug.wrappers import Response

app = Flask(__name__)
app.secret_key = os.environ.get("SECRET_KEY") or secrets.token_bytes(32)
app.config.update(SESSION_COOKIE_SAMESITE="Strict", SESSION_COOKIE_HTTPONLY=True)
twofold = Twofold(os.environ["TWOFOLD_URL"], os.environ["TWOFOLD_KEY"])

USERS = {"mia": ("u-17", generate_password_hash("a long enough phrase"))}
"""Your own table of people: name, id, password."""
BROWSER = "second-step"
FORM = '<form method="post">{}<button>Go on</button></form>'
NAMES = '<input name="name"><input name="password" type="password">'
CODE = '<p>{}</p><input name="code" autocomplete="one-time-code"><input name="next_code">'


@app.get("/")
def home() -> str | Response:
    """For whoever has taken both steps."""
    return f"Hello {session['name']}" if "name" in session else redirect("/sign-in")


@app.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> str | Response | tuple[str, int]:
    """The first step: your own password check."""
    if request.method == "GET":
        return FORM.format(NAMES)
    user = USERS.get(request.form.get("name", ""))
    if user is None or not check_password_hash(user[1], request.form.get("password", "")):
        return FORM.format(NAMES), 422
    session.clear()
    session["half"] = request.form["name"]  # Not signed in: no page but /code looks at it.
    return redirect("/code")


@app.route("/code", methods=["GET", "POST"])
def code() -> str | Response | tuple[str, int]:
    """The second step: Twofold's answer, of which only *accepted* is yes."""
    name = session.get("half", "")
    if name not in USERS:
        return redirect("/sign-in")
    if request.method == "GET":
        return FORM.format(CODE.format("Enter the code from your app."))
    answer = twofold.verify(
        USERS[name][0],
        request.form.get("code", ""),
        next_code=request.form.get("next_code", ""),
        address=request.remote_addr or "",
        browser=request.cookies.get(BROWSER, ""),
    )
    if not answer.accepted:
        if answer.problem:
            app.logger.error("the second step was not checked: %s", answer.problem)
        return FORM.format(CODE.format(words(answer.retry_after, answer.needed))), 422
    session.clear()
    session["name"] = name
    done = make_response(redirect("/"))
    if BROWSER not in request.cookies:
        done.set_cookie(
            BROWSER, secrets.token_urlsafe(32), max_age=15_000_000, httponly=True, samesite="Strict"
        )
    return done


def words(retry_after: int, needed: str) -> str:
    """What to tell the person."""
    if retry_after:
        return f"Wait {retry_after} seconds, then try the next code."
    if needed == "two-codes":
        return "Enter the code that your app shows now, and the one after it."
    return "That did not work. Try the next code, or ask the help desk."
