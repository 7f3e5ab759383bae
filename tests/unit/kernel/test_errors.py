"""Kernel errors cross process borders whole."""

import pickle

from yunbox.guard.authorise import AccessDenied
from yunbox.identity.policy import Decision
from yunbox.kernel.call import Access
from yunbox.kernel.errors import NotFound
from yunbox.kernel.unidentified import BAD_KEY, NotIdentified
from yunbox.sql.maxcompute.errors import ParseFailed


def test_an_error_survives_pickling_with_its_code_and_details() -> None:
    error = pickle.loads(pickle.dumps(NotFound("gone", code="NoSuchTable", table="t")))
    assert (type(error), error.message, error.code, error.details) == (NotFound, "gone", "NoSuchTable", {"table": "t"})


def test_errors_with_their_own_constructors_do_too() -> None:
    for error in (
        NotIdentified(BAD_KEY, "no"),
        AccessDenied(Access("odps:Select", "x", "1"), Decision(False, "no"), {}),
        ParseFailed("no"),
    ):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), again.message, again.code) == (type(error), error.message, error.code)
