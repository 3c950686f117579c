"""What attacks begin with: people, half-finished sign-ins, roads to the second step."""

import base64

from tests.attacks.faces import Client, Face
from tests.faces.conftest import PASSWORD, Site
from tests.world import Organisation, found
from twofold.core.mail import MailKind
from twofold.core.people import Person, Role
from twofold.core.tokens import Purpose
from twofold.ports import Letter

OTHER_PASSWORD = "quite another phrase"


def add(site: Site, name: str, role: Role = Role.MEMBER) -> Person:
    """Somebody with a password and no authenticator."""
    return site.give_password(site.acme.add(name, role))


def enrolled(site: Site, name: str, role: Role = Role.MEMBER) -> Person:
    """Somebody with an authenticator, a minute after its first code."""
    person = add(site, name, role)
    site.acme.enrol(person)
    site.clock.advance(60)
    return site.acme.person(person.id)


def half_way(face: Face, person: Person, *, password: str = PASSWORD) -> Client:
    """A client that has proved the password."""
    client = face.client()
    client.password(person.email, password)
    return client


def on_road(client: Client, person: Person, road: str) -> None:
    """Prove the password after each of the roads that lead to it."""
    site, password = client.site, PASSWORD
    if road == "password link":
        password = OTHER_PASSWORD
        link = f"/password/{site.link(person, Purpose.PASSWORD)}"
        client.post(link, {"password": password})
    if road == "browser link":
        client.post("/sign-in/link", {"email": person.email})
        client.post(f"/sign-in/link/{site.mailed(person, MailKind.BROWSER_LINK)}")
    if road == "other browser":
        other = enrolled(site, "Ben")
        client.sign_in(other, trust="yes")
        client.post("/sign-out", at="/sign-out")
    if road == "set-up link":
        link = f"/enrol/{site.link(person, Purpose.ENROL)}"
        client.get(link)
        client.password(person.email, password, next=link)
        return
    client.password(person.email, password)


def outsider(site: Site, name: str = "Zoe") -> tuple[Organisation, Person]:
    """A member of another account of the same deployment, with password and authenticator."""
    bolt = found(site.acme.store, site.clock, "Bolt")
    person = bolt.add(name)
    encoded = site.hasher.hash_now(PASSWORD)
    bolt.store.call(
        lambda tx: tx.people.set_password(
            person.id, encoded, expected_version=person.password_version
        )
    )
    bolt.enrol(bolt.person(person.id))
    site.clock.advance(60)
    return bolt, bolt.person(person.id)


def mails_of(site: Site, person: Person) -> list[str]:
    """The person's mails as they are sent."""
    acme = site.acme
    rendered = [
        site.world.postbox.render(
            Letter(mail, acme.person(person.id), acme.account),
            hide_links=not mail.params.get("token"),
        )
        for mail in acme.mails(person)
    ]
    return [mail.subject + mail.text + mail.html for mail in rendered]


def forms_of(secret: bytes) -> list[str]:
    """A secret as it could stand somewhere in clear."""
    plain = base64.b32encode(secret).decode().rstrip("=")
    return [plain, plain.lower(), secret.hex(), base64.b64encode(secret).decode(),
            " ".join(plain[n : n + 4] for n in range(0, len(plain), 4)),
            base64.urlsafe_b64encode(secret).decode().rstrip("=")]  # fmt: skip
