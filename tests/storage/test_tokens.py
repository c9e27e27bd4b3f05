"""Tokens and codes: another browser's, another place's and none are no good."""

from hypothesis import given
from hypothesis import strategies as st

from appengine.storage.secrets import Secrets
from appengine.storage.tokens import is_same_code, is_token, make_code, make_seed, make_token

SECRETS = Secrets(b"s" * 32)


@given(seed=st.text(min_size=1), other=st.text(min_size=1), place=st.text(), elsewhere=st.text())
def test_a_token_is_good_for_one_browser_in_one_place(seed, other, place, elsewhere):
    token = make_token(SECRETS, seed, place)
    assert is_token(token, SECRETS, seed, place)
    assert is_token(token, SECRETS, other, elsewhere) is ((other, elsewhere) == (seed, place))
    assert not is_token(token, Secrets(b"t" * 32), seed, place)


def test_a_browser_without_a_seed_has_no_token():
    assert not is_token(make_token(SECRETS, "", "x"), SECRETS, "", "x")


def test_a_code_is_the_printed_one_however_it_is_typed():
    code = make_code()
    assert is_same_code(f" {code.upper()}\n", code) and not is_same_code(code[:-1], code)
    assert not is_same_code("", "") and not is_same_code("", code)


def test_codes_and_seeds_are_new_each_time():
    assert len({make_code() for _ in range(100)}) == len({make_seed() for _ in range(100)}) == 100
