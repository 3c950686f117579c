"""Who may call which route: every route declares its scope, and one gate decides.

The gate is plain ASGI in front of FastAPI. A route is an `Endpoint`; what FastAPI knows and no
`Endpoint` declares is not reached. The key is looked at again in the transaction of the act
(`flows/applications.admitted`): the look before it only spares whoever has none the reading of
what they sent.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Any, Concatenate, ParamSpec, TypeVar

from fastapi import Depends
from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from twofold.api.problems import Problem, no_key, no_scope
from twofold.core.applications import ApiCaller, key_digest
from twofold.core.applications import Scope as ApiScope
from twofold.core.errors import StartError
from twofold.core.people import Instant
from twofold.explaining import Explainer
from twofold.flows.applications import NoKey, NoScope, admitted
from twofold.ports import Tx, World

P = ParamSpec("P")
T = TypeVar("T")

PREFIX = "/api/v1"
MAX_BODY = 16 * 1024
"""Bytes that a request may carry."""
METHODS = ("GET", "POST", "PUT", "DELETE")
BEARER = "bearer "


class Open(Enum):
    """In place of a scope: for everybody, without a key."""

    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Call:
    """One request with everything that a handler may use."""

    world: World
    explainer: Explainer
    headers: Headers
    scope: ApiScope
    key: bytes

    async def run(
        self,
        flow: Callable[Concatenate[Tx, Instant, ApiCaller, P], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a flow for whoever asks, if their key has the scope that the route declares.
        Raises `Problem`.
        """
        done = await self.world.store.run(
            admitted, self.world.clock.now(), flow, self.key, self.scope, *args, **kwargs
        )
        if isinstance(done, NoKey):
            raise no_key()
        if isinstance(done, NoScope):
            raise no_scope(done.scope.value)
        return done


def _call_of(request: Request) -> Call:
    call: Call = request.scope["twofold.call"]
    return call


Asked = Annotated[Call, Depends(_call_of)]
"""How a handler asks for the `Call`."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One route: what it is called, what it needs, what it answers."""

    method: str
    path: str
    """Below `PREFIX`."""
    scope: ApiScope | Open
    handler: Callable[..., Awaitable[Any]]
    answers: type[BaseModel] | None
    """The model of the good answer; None for an answer without a body."""
    status: int = 200
    others: dict[int, type[BaseModel]] = field(default_factory=dict)
    """Answers that are no problem and not the good one either."""
    problems: tuple[int, ...] = ()
    """What may go wrong beyond what may go wrong everywhere."""
    fast: type[BaseModel] | None = None
    """The model of its body, for a route that is served without FastAPI: only documented by it."""
    attempts: bool = False
    """Takes an `Idempotency-Key`."""


def check_endpoints(endpoints: Sequence[Endpoint]) -> None:
    """Raises `StartError` unless every route says what it needs, once."""
    seen: set[tuple[str, str]] = set()
    for one in endpoints:
        if not isinstance(one.scope, ApiScope | Open) or one.method not in METHODS:
            raise StartError(f"The API route {one.method} {one.path} does not say what it needs.")
        if (one.method, one.path) in seen:
            raise StartError(f"The API route {one.method} {one.path} is declared twice.")
        seen.add((one.method, one.path))


def only_look(_tx: Tx, _now: Instant, caller: ApiCaller) -> ApiCaller:
    """The flow of the gate's own look: who asks."""
    return caller


class Gate:
    """Finds the route of a request, asks whether its key opens it, reads the body, passes it on."""

    def __init__(self, world: World, endpoints: Sequence[Endpoint], inner: ASGIApp) -> None:
        """`inner` serves what is not fast."""
        self._world, self._inner = world, inner
        self._explainer = Explainer(world)
        self._endpoints = [
            (compile_path(PREFIX + one.path)[0], one) for one in endpoints
        ]  # fmt: skip

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Raises `Problem`."""
        endpoint = self._find(scope["path"], scope["method"])
        if isinstance(endpoint.scope, Open):
            await self._inner(scope, receive, send)
            return
        request = Request(scope, receive)
        call = Call(
            self._world,
            self._explainer,
            request.headers,
            endpoint.scope,
            key_of(request.headers),
        )
        if endpoint.fast is not None:
            answer = await self._fast(endpoint, endpoint.fast, call, request)
            await answer(scope, receive, send)
            return
        await call.run(only_look)
        if not scope["path"].isprintable() or "\ufffd" in scope["path"]:
            raise Problem(404, "No id holds such a character.", kind="no-route")
        body = await read_json(request) if endpoint.method in ("POST", "PUT") else b""
        scope["twofold.call"] = call
        await self._inner(scope, _read_again(body, receive), send)

    def _find(self, path: str, method: str) -> Endpoint:
        here = [one for pattern, one in self._endpoints if pattern.match(path)]
        if not here:
            raise Problem(404, "There is no such route. See /api/v1/openapi.json.", kind="no-route")
        for one in here:
            if one.method == method:
                return one
        allowed = ", ".join(one.method for one in here)
        raise Problem(405, f"Use {allowed}.", headers={"allow": allowed})

    async def _fast(
        self, endpoint: Endpoint, model: type[BaseModel], call: Call, request: Request
    ) -> Response:
        """Serve it here. Whoever has no key is told nothing about what they sent."""
        try:
            body = model.model_validate_json(await read_json(request))
        except ValidationError as wrong:
            await call.run(only_look)
            raise unusable(wrong.errors(include_input=False, include_url=False)) from None
        except Problem:
            await call.run(only_look)
            raise
        answer: Response = await endpoint.handler(body=body, call=call)
        return answer


def key_of(headers: Headers) -> bytes:
    """Under what the key of the request is stored. Raises `Problem`."""
    given = headers.getlist("authorization")
    if len(given) != 1 or not given[0].lower().startswith(BEARER):
        raise no_key()
    key = key_digest(given[0][len(BEARER) :].strip())
    if key is None:
        raise no_key()
    return key


async def read_json(request: Request) -> bytes:
    """The body, if it says that it is JSON and is not too large. Raises `Problem`."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem(415, "Send application/json, and say so in Content-Type.")
    too_large = Problem(413, f"Send at most {MAX_BODY // 1024} KiB.")
    declared = request.headers.get("content-length", "0")
    if not declared.isdigit() or int(declared) > MAX_BODY:
        raise too_large
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            raise too_large
        chunks.append(chunk)
    return b"".join(chunks)


def unusable(errors: Sequence[Any]) -> Problem:
    """What is wrong with which field. What was sent is not said again: it may hold a code."""
    told = [
        {
            "field": ".".join(str(part) for part in error["loc"] if part != "body"),
            "message": str(error["msg"]),
        }
        for error in errors
    ]
    return Problem(422, "Look at the fields in “errors”, and send it again.", errors=told)


def _read_again(body: bytes, receive: Receive) -> Receive:
    """The body once more, for whoever comes after the gate."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
