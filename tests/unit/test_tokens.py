"""Sealed confirmations: whole and of the right kind, or nothing."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexla_mcp.safety.tokens import LIFETIME, Purpose, Sealed, Seals

KEY = bytes(range(32))
SEALS = Seals(KEY)
LENGTH = 76


def hexadecimal(digits: int) -> st.SearchStrategy[str]:
    return st.text("0123456789abcdef", min_size=digits, max_size=digits)


SEALED = st.builds(
    Sealed,
    purpose=st.sampled_from(Purpose),
    nonce=hexadecimal(16),
    digest=hexadecimal(32),
    call=hexadecimal(32),
    expires=st.integers(0, 2**32 - 1).map(lambda seconds: datetime.fromtimestamp(seconds, timezone.utc)),
)


@given(SEALED)
def test_what_is_written_is_read(sealed: Sealed) -> None:
    text = SEALS.write(sealed)
    assert len(text) == LENGTH
    assert text.isascii()
    assert SEALS.read(text, sealed.purpose) == sealed
    assert SEALS.read(f" {text}\n", sealed.purpose) == sealed


@given(SEALED)
def test_one_kind_never_passes_for_another(sealed: Sealed) -> None:
    text = SEALS.write(sealed)
    for purpose in Purpose:
        assert (SEALS.read(text, purpose) is None) == (purpose is not sealed.purpose)


@given(SEALED, st.binary(min_size=1, max_size=64).filter(lambda key: key != KEY))
def test_another_key_reads_nothing(sealed: Sealed, key: bytes) -> None:
    assert Seals(key).read(SEALS.write(sealed), sealed.purpose) is None


@settings(max_examples=10)
@given(SEALED)
def test_a_flipped_bit_reads_nothing(sealed: Sealed) -> None:
    text = SEALS.write(sealed)
    for position, character in enumerate(text):
        for bit in range(8):
            flipped = chr(ord(character) ^ 1 << bit)
            assert SEALS.read(text[:position] + flipped + text[position + 1 :], sealed.purpose) is None


@given(SEALED, st.integers(0, LENGTH), st.integers(0, LENGTH))
def test_a_piece_reads_nothing(sealed: Sealed, first: int, last: int) -> None:
    text = SEALS.write(sealed)
    piece = text[first:last]
    assert (SEALS.read(piece, sealed.purpose) is None) == (piece != text)


@given(st.text(max_size=100))
def test_any_other_text_reads_nothing(text: str) -> None:
    assert all(SEALS.read(text, purpose) is None for purpose in Purpose)


@given(SEALED, SEALED)
def test_no_two_are_written_alike(one: Sealed, other: Sealed) -> None:
    assert (SEALS.write(one) == SEALS.write(other)) == (one == other)


def test_a_seal_ends_ten_minutes_later_and_has_a_nonce_of_its_own() -> None:
    now = datetime(2026, 11, 23, 10, 0, 0, 400_000, tzinfo=timezone.utc)
    one, other = (SEALS.seal(Purpose.TOKEN, "0" * 32, "1" * 32, now) for _ in range(2))
    assert one.nonce != other.nonce
    assert timedelta(0) <= now + LIFETIME - one.expires < timedelta(seconds=1)
    assert SEALS.read(SEALS.write(one), Purpose.TOKEN) == one


def test_a_nonce_can_be_given() -> None:
    sealed = SEALS.seal(Purpose.QUESTION, "0" * 32, "1" * 32, datetime.now(timezone.utc), nonce="ab" * 8)
    assert sealed.nonce == "ab" * 8


def test_a_fingerprint_tells_texts_apart_and_depends_on_the_key() -> None:
    assert SEALS.fingerprint("a") == SEALS.fingerprint("a") != SEALS.fingerprint("b")
    assert SEALS.fingerprint("a") != Seals(b"another").fingerprint("a")


@pytest.mark.parametrize("purpose", Purpose)
def test_a_fingerprint_fits_into_a_seal(purpose: Purpose) -> None:
    sealed = SEALS.seal(purpose, "0" * 32, SEALS.fingerprint("a call"), datetime.now(timezone.utc))
    assert SEALS.read(SEALS.write(sealed), purpose) == sealed
