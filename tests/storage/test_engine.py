"""What both databases have in common in what they say of a failure."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from tests.storage.samples import TOKEN, session, with_ann
from twofold.ports import Store


def test_an_error_of_the_database_names_no_value(store: Store) -> None:
    """It goes to the log: the statement may stand there, what people typed may not (promise P5)."""
    with_ann(store)
    strange = replace(session(), person_id="nobody", browser="planted words")
    with pytest.raises(IntegrityError) as caught:
        store.call(lambda tx: tx.sessions.add(strange, TOKEN))
    assert "INSERT INTO sessions" in str(caught.value)
    assert "planted" not in str(caught.value)
    assert TOKEN.hex() not in str(caught.value)
