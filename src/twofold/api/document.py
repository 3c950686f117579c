"""The OpenAPI document: what FastAPI knows, with every problem, every scope and the key."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from twofold import __version__
from twofold.api.access import PREFIX, Endpoint, Open
from twofold.api.models import FieldProblem, ProblemBody
from twofold.api.problems import PROBLEM_JSON, TITLES

REF = "#/components/schemas/{model}"
EVERYWHERE = (401, 403, 500, 503)
WITH_BODY = (413, 415, 422)
SECURITY = {"type": "http", "scheme": "bearer", "description": "twofold_key_…, from *Account*."}
ATTEMPT = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 8, "maxLength": 128},
    "description": (
        "A new random id for each attempt. The same request with the same id gets the same answer "
        "for ten minutes, and is neither charged nor consumed twice."
    ),
}


def document(app: FastAPI, endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """The document about all routes."""
    made = get_openapi(
        title="Twofold",
        version=__version__,
        openapi_version="3.1.0",
        summary="Second-factor checks for applications that keep their own passwords.",
        routes=app.routes,
    )
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = ProblemBody.model_json_schema(ref_template=REF)
    schemas["Problem"].pop("$defs", None)
    schemas["FieldProblem"] = FieldProblem.model_json_schema()
    made["components"]["securitySchemes"] = {"key": SECURITY}
    for one in endpoints:
        _complete(made["paths"][PREFIX + one.path][one.method.lower()], one)
    return made


def _complete(operation: dict[str, Any], endpoint: Endpoint) -> None:
    """What FastAPI does not know about a route."""
    responses = operation["responses"]
    responses.pop("422", None)
    if isinstance(endpoint.scope, Open):
        operation["security"] = []
        return
    operation["security"] = [{"key": []}]
    operation["x-scope"] = endpoint.scope.value
    operation["description"] = (
        f"{operation.get('description', '')}\n\nScope: `{endpoint.scope.value}`."
    )
    if endpoint.attempts:
        operation["parameters"] = [*operation.get("parameters", []), ATTEMPT]
    takes_body = WITH_BODY if endpoint.method in ("POST", "PUT") else ()
    for status in sorted({*EVERYWHERE, *takes_body, *endpoint.problems}):
        known = responses.setdefault(str(status), {"description": TITLES[status]})
        known.setdefault("content", {})[PROBLEM_JSON] = {
            "schema": {"$ref": REF.format(model="Problem")}
        }
