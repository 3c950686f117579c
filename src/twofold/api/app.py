"""The API as one ASGI application, mounted at `/api/v1`."""

from collections.abc import Sequence
from urllib.parse import urlsplit

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from twofold.api import people, verifications
from twofold.api.access import PREFIX, Endpoint, Gate, Open, check_endpoints, unusable
from twofold.api.document import document
from twofold.api.problems import Problem
from twofold.core.errors import Overloaded, StorageUnavailable
from twofold.ports import World

HEADERS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
HSTS = "max-age=63072000"

log = structlog.get_logger("twofold.api")


async def openapi(request: Request) -> Response:
    """This document."""
    return JSONResponse(request.app.state.document)


ALL_ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("GET", "/openapi.json", Open.OPEN, openapi, None),
    *verifications.ENDPOINTS,
    *people.ENDPOINTS,
)


def build_api(world: World, endpoints: Sequence[Endpoint] = ALL_ENDPOINTS) -> ASGIApp:
    """The API for `world`. Raises `StartError` for a route that does not say what it needs."""
    check_endpoints(endpoints)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    for one in endpoints:
        _add(app, one)
    app.add_exception_handler(Problem, _as_problem)
    app.add_exception_handler(RequestValidationError, _as_unusable)
    app.add_exception_handler(HTTPException, _as_unreadable)
    app.state.document = document(app, endpoints)
    return ApiShell(Gate(world, endpoints, app), world.public_url)


def _add(app: FastAPI, endpoint: Endpoint) -> None:
    app.add_api_route(
        PREFIX + endpoint.path,
        endpoint.handler,
        methods=[endpoint.method],
        status_code=endpoint.status,
        response_model=endpoint.answers,
        responses={status: {"model": model} for status, model in endpoint.others.items()},
        operation_id=getattr(endpoint.handler, "__name__", endpoint.path),
    )


async def _as_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.response()


async def _as_unusable(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return unusable(error.errors()).response()


async def _as_unreadable(_request: Request, error: Exception) -> Response:
    """What FastAPI cannot parse at all; everything else was looked at by the gate."""
    assert isinstance(error, HTTPException)
    return Problem(422, "The body is not JSON that can be read.").response()


class ApiShell:
    """What every request passes first and every answer last: security headers, and a problem for
    whatever went wrong.
    """

    def __init__(self, app: ASGIApp, public_url: str) -> None:
        """`public_url` says whether browsers are to insist on https."""
        self._app = app
        self._https = urlsplit(public_url).scheme == "https"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens inside. No other protocol is spoken."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1000})
            return
        sender = self._sender(scope, send)
        try:
            await self._app(scope, receive, sender)
        except Problem as problem:
            await self._fail(problem, scope, receive, sender)
        except (Overloaded, StorageUnavailable) as error:
            log.warning("request refused", reason=error.code)
            busy = Problem(503, str(error), kind=error.code, headers={"retry-after": "5"})
            await self._fail(busy, scope, receive, sender)
        except ClientDisconnect:
            return
        except Exception as error:
            log.exception("request failed", kind=type(error).__name__)
            failed = Problem(500, "Nothing was accepted. Ask the operator to look at the log.")
            await self._fail(failed, scope, receive, sender)

    def _sender(self, scope: Scope, send: Send) -> Send:
        async def sender(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] >= 500 and not _is_ours(message):
                    return  # FastAPI's own last resort, which says nothing: ours comes after it.
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if self._https:
                    headers["strict-transport-security"] = HSTS
                scope["twofold.started"] = True
            elif not scope.get("twofold.started"):
                return
            await send(message)

        return sender

    async def _fail(self, problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope.get("twofold.started"):
            await problem.response()(scope, receive, send)


def _is_ours(message: Message) -> bool:
    return (b"content-type", b"application/problem+json") in message["headers"]
