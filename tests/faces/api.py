"""A client of the API for tests: every answer is held against the OpenAPI document."""

import re
from dataclasses import dataclass, field
from typing import Any

from httpx2 import Response
from openapi_schema_validator import OAS31Validator
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from tests.faces.conftest import ORIGIN, Site
from tests.world import Organisation
from twofold.api.access import PREFIX
from twofold.core.applications import Scope
from twofold.core.people import Person
from twofold.flows import applications
from twofold.flows.applications import NewKey

EVERY_SCOPE = tuple(Scope)


def new_key(acme: Organisation, *scopes: Scope, name: str = "Shop") -> NewKey:
    """A key of a new application, by default with every scope."""
    made = acme.call(
        applications.make,
        account=acme.account,
        actor=None,
        name=name,
        scopes=scopes or EVERY_SCOPE,
    )
    assert isinstance(made, NewKey)
    return made


def known_as(acme: Organisation, person: Person, external_id: str) -> Person:
    """The person gets an external id, as an import gives it."""
    acme.store.call(
        lambda tx: tx.people.set_details(
            person.id,
            name=person.name,
            language=person.language,
            zone=person.zone,
            external_id=external_id,
        )
    )
    return acme.person(person.id)


@dataclass
class Api:
    """One application that calls."""

    http: TestClient
    key: str
    document: dict[str, Any]
    answers: list[Response] = field(default_factory=list)

    def call(
        self,
        method: str,
        path: str,
        body: object | None = None,
        *,
        content: bytes | None = None,
        **headers: str,
    ) -> Response:
        """Send it, and hold the answer against the document."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.key:
            named.setdefault("authorization", f"Bearer {self.key}")
        if content is not None:
            answer = self.http.request(method, PREFIX + path, content=content, headers=named)
        else:
            answer = self.http.request(method, PREFIX + path, json=body, headers=named)
        self.answers.append(answer)
        if method != "HEAD":
            hold_against(self.document, method, PREFIX + path, answer)
        return answer

    def verify(self, external_id: str, code: str, **more: str) -> Response:
        """Is this code right?"""
        attempt = more.pop("attempt", "")
        headers = {"idempotency_key": attempt} if attempt else {}
        body = {"external_id": external_id, "code": code, **more}
        return self.call("POST", "/verifications", body, **headers)


def api(site: Site, key: NewKey | str, *, app: ASGIApp | None = None) -> Api:
    """An application with this key."""
    http = TestClient(
        app or site.app, base_url=ORIGIN, follow_redirects=False, raise_server_exceptions=False
    )
    document = http.get(f"{PREFIX}/openapi.json").json()
    return Api(http, key.text if isinstance(key, NewKey) else key, document)


def hold_against(document: dict[str, Any], method: str, path: str, answer: Response) -> None:
    """The status, the content type and the body are as the document says."""
    operation = operation_of(document, method, path)
    if operation is None:
        assert answer.status_code in (404, 405), (method, path, answer.status_code)
        media = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    else:
        response = operation["responses"].get(str(answer.status_code))
        assert response is not None, f"{method} {path}: {answer.status_code} is not documented"
        media = response.get("content", {})
    if not answer.content:
        assert media == {}
        return
    kind = answer.headers["content-type"].split(";")[0]
    assert kind in media, f"{method} {path}: {answer.status_code} as {kind} is not documented"
    schema = {**media[kind]["schema"], "components": document["components"]}
    OAS31Validator(schema).validate(answer.json())


def operation_of(document: dict[str, Any], method: str, path: str) -> dict[str, Any] | None:
    """What the document says about this route."""
    for template, item in document["paths"].items():
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path.split("?")[0]):
            found: dict[str, Any] | None = item.get(method.lower())
            if found is not None:
                return found
    return None
