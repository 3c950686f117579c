"""The examples, run for real: each signs somebody in with two steps, and nobody with one."""

import importlib.util
import re
import sys
from collections.abc import Callable
from types import ModuleType

import pytest

from tests.clients.conftest import ROOT, Served
from tests.faces.api import known_as

PASSWORD = "a long enough phrase"
Load = Callable[[str], ModuleType]


@pytest.fixture
def load(served: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> Load:
    """An example, loaded against the running product."""
    monkeypatch.setenv("TWOFOLD_URL", served.url)
    monkeypatch.setenv("TWOFOLD_KEY", served.key)
    monkeypatch.setenv("DJANGO_DB", f"{tmp_path}/django.db")

    def loaded(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        return module

    return loaded


def test_flask(load: Load, served: Served) -> None:
    """The password alone opens nothing; a wrong code neither; a right one does, once."""
    app = load("flask_app").app
    client, acme = app.test_client(), served.site.acme
    assert client.post("/sign-in", data={"name": "mia", "password": "wrong"}).status_code == 422
    assert client.post("/code", data={"code": acme.code(served.mia)}).location == "/sign-in"
    client.post("/sign-in", data={"name": "mia", "password": PASSWORD})
    assert client.get("/").location == "/sign-in"
    wrong = client.post("/code", data={"code": acme.wrong(acme.active(served.mia))})
    assert wrong.status_code == 422
    assert client.get("/").location == "/sign-in"
    code = acme.code(served.mia)
    assert client.post("/code", data={"code": code}).location == "/"
    assert client.get("/").text == "Hello mia"
    other = app.test_client()
    other.post("/sign-in", data={"name": "mia", "password": PASSWORD})
    assert other.post("/code", data={"code": code}).status_code == 422
    assert other.get("/").location == "/sign-in"


def test_fastapi(load: Load, served: Served) -> None:
    """The same with JSON; and Twofold away is a no."""
    from starlette.testclient import TestClient

    module = load("fastapi_app")
    client, acme = TestClient(module.app), served.site.acme
    assert client.post("/sign-in", json={"name": "mia", "password": "x"}).status_code == 401
    half = client.post("/sign-in", json={"name": "mia", "password": PASSWORD}).json()["half"]
    assert client.get("/", params={"session": half}).status_code == 401
    wrong = acme.wrong(acme.active(served.mia))
    assert client.post("/code", json={"half": half, "code": wrong}).status_code == 401
    module.twofold._port = 1
    code = {"half": half, "code": acme.code(served.mia)}
    assert client.post("/code", json=code).status_code == 503
    module.twofold._port = int(served.url.rpartition(":")[2])
    done = client.post("/code", json=code)
    assert client.get("/", params={"session": done.json()["session"]}).json() == {"hello": "mia"}
    assert client.post("/code", json=code).status_code == 401


def test_django(load: Load, served: Served) -> None:
    """With Django's own users, sessions and forms."""
    module = load("django_app")
    from django.core.management import call_command
    from django.test import Client

    call_command("migrate", verbosity=0)
    user = module.User.objects.create_user("mia", password=PASSWORD)
    known_as(served.site.acme, served.site.acme.person(served.mia.id), f"u-{user.pk}")
    client, acme = Client(enforce_csrf_checks=True), served.site.acme

    def post(path: str, **fields: str) -> object:
        token = re.search(r'value="(\w+)"', client.get(path).content.decode())
        sent = {**fields, "csrfmiddlewaretoken": token.group(1)} if token else fields
        return client.post(path, sent)

    assert post("/sign-in", username="mia", password="wrong").status_code == 422
    assert post("/sign-in", username="mia", password=PASSWORD)["location"] == "/code"
    assert client.get("/")["location"] == "/sign-in"
    wrong = acme.wrong(acme.active(served.mia))
    assert post("/code", code=wrong).status_code == 422
    assert client.get("/")["location"] == "/sign-in"
    assert post("/code", code=acme.code(served.mia))["location"] == "/"
    assert client.get("/").content == b"Hello mia"
