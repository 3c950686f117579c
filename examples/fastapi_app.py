"""A second step for a FastAPI application that keeps its own passwords, as JSON.

Run it with `TWOFOLD_URL=https://… TWOFOLD_KEY=twofold_key_… uvicorn fastapi_app:app`.
"""

import hashlib
import hmac
import os
import secrets
import time

from fastapi import FastAPI, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from twofold_client import Twofold

app = FastAPI()
twofold = Twofold(os.environ["TWOFOLD_URL"], os.environ["TWOFOLD_KEY"])

SALT = secrets.token_bytes(16)


def hashed(password: str) -> bytes:
    """Stands for your own password hash."""
    return hashlib.scrypt(password.encode(), salt=SALT, n=2**14, r=8, p=1)


USERS = {"mia": ("u-17", hashed("a long enough phrase"))}
"""Your own table of people: name, id, password."""
HALF: dict[str, tuple[str, float]] = {}
"""Tokens between the two steps, with their name and when they end. They open nothing else."""
SESSIONS: dict[str, str] = {}


class Password(BaseModel):
    """The first step."""

    name: str
    password: str


class Code(BaseModel):
    """The second step. `browser` is what the answer to an earlier one said, if any."""

    half: str
    code: str
    next_code: str = ""
    browser: str = ""


@app.post("/sign-in")
def sign_in(body: Password) -> dict[str, str]:
    """Your own password check."""
    user = USERS.get(body.name)
    if user is None or not hmac.compare_digest(user[1], hashed(body.password)):
        raise HTTPException(401, "That is not right.")
    half = secrets.token_urlsafe(32)
    HALF[half] = (body.name, time.time() + 600)
    return {"half": half}


@app.post("/code")
async def code(body: Code, request: Request) -> dict[str, str]:
    """Twofold's answer, of which only *accepted* is yes."""
    name, ends_at = HALF.get(body.half, ("", 0.0))
    if time.time() >= ends_at:
        raise HTTPException(401, "Begin with your password.")
    answer = await run_in_threadpool(
        twofold.verify,
        USERS[name][0],
        body.code,
        next_code=body.next_code,
        address=request.client.host if request.client else "",
        browser=body.browser,
    )
    if not answer.accepted:
        status = 503 if answer.problem else 401
        raise HTTPException(status, {"wait": answer.retry_after, "needed": answer.needed})
    HALF.pop(body.half, None)
    session = secrets.token_urlsafe(32)
    SESSIONS[session] = name
    return {"session": session, "browser": body.browser or secrets.token_urlsafe(32)}


@app.get("/")
def home(session: str = "") -> dict[str, str]:
    """For whoever has taken both steps."""
    if session not in SESSIONS:
        raise HTTPException(401, "Sign in first.")
    return {"hello": SESSIONS[session]}
