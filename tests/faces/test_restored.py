"""After a restore: what admins see until mail is released."""

from tests.faces.conftest import Site, text_of
from twofold.core.epoch import Known
from twofold.flows import restore

TITLE = "A backup was restored: no mail leaves"


def test_admins_see_that_no_mail_leaves_until_it_does(site: Site) -> None:
    """On their home page and over the outbox; members see nothing of it."""
    ben = site.give_password(site.acme.add("Ben"))
    owner = site.signed_in(site.acme.owner)
    assert TITLE not in text_of(owner.get("/"))
    lost = Known(is_whole=False)
    site.acme.call(restore.begin_epoch, made_at=site.acme.now - 60, known=lost)
    owner = site.signed_in(site.acme.owner)
    for path in ("/", "/mail"):
        said = text_of(owner.get(path))
        assert TITLE in said
        assert "All recovery codes have ended" in said
        assert "twofold mail release" in said
    assert TITLE not in text_of(site.signed_in(ben).get("/"))
    site.acme.call(restore.release, drop=False)
    assert TITLE not in text_of(owner.get("/"))
    site.acme.call(restore.begin_epoch, made_at=site.acme.now - 60, known=Known(is_whole=True))
    said = text_of(site.signed_in(site.acme.owner).get("/"))
    assert TITLE in said
    assert "All recovery codes have ended" not in said
