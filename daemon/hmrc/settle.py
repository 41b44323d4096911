"""Brings the token store up to the journal: what an interrupted run had in hand is kept before anything new is begun.

The caller holds the exclusive lock.
"""

from contextlib import suppress

from storage.tokens.journal import Committed, Journal, record_in
from storage.tokens.record import GrantRecord, token_hash
from storage.tokens.store import (
    DamagedRecord,
    OtherKey,
    Reached,
    TokenStore,
    TokenStoreTrouble,
    Version,
    WriteConflict,
    unwatched,
)


def settle(store: TokenStore, journal: Journal, reached: Reached = unwatched) -> tuple[GrantRecord | None, Version]:
    """The record that holds now, after an answer that only the journal had was moved into the store.

    Raises `DamagedRecord` where the store's content cannot be understood and the journal has nothing newer, `OtherKey` where the journal
    has its successor and nobody can read it, and `TokenStoreTrouble`.
    """
    state = journal.state()
    try:
        answer = record_in(state.answer, store.journal_key()) if state.answer else None
    except OtherKey:
        record, version = store.read()
        if record is not None and state.answered and state.answered.token == token_hash(record.refresh_token):
            raise
        journal.clear()  # another home forgot the sign-in that it belonged to
        return record, version
    try:
        record, version = store.read()
    except DamagedRecord:
        if answer is None:
            raise
        store.set_aside()
        record, version = store.read()
    if answer is not None:
        if answer.newer_than(record):
            return commit(store, journal, answer, version, reached)
        journal.clear()
    elif state.in_doubt and (record is None or state.in_doubt.token != token_hash(record.refresh_token)):
        journal.clear()  # it was about a code, or about a refresh token that has a successor by now
    elif state.empty and journal.entries():
        journal.clear()  # requests that came to nothing must not use up the room that the next answer needs
    return record, version


def settle_for_sign_in(store: TokenStore, journal: Journal, reached: Reached) -> tuple[GrantRecord | None, Version]:
    """As `settle`; a damaged record is put aside and an unreadable answer given up, because a new sign-in is the mend of both."""
    try:
        found = settle(store, journal, reached)
    except OtherKey:
        found = store.read()
    except DamagedRecord:
        store.set_aside()
        found = store.read()
    journal.clear()
    return found


def keep_answer(store: TokenStore, journal: Journal, version: Version, reached: Reached) -> GrantRecord:
    """Moves the answer that has just come into the store, over what is at `version`."""
    answer = journal.state().answer
    if answer is None:
        raise TokenStoreTrouble("HMRC's answer is not in the journal; run `hmrc-tui authorise` to sign in again")
    return commit(store, journal, record_in(answer, store.journal_key()), version, reached)[0]


def commit(
    store: TokenStore, journal: Journal, record: GrantRecord, version: Version, reached: Reached
) -> tuple[GrantRecord, Version]:
    """Writes `record` over `version`, reads it back, and only then forgets it in the journal.

    Where another machine wrote something newer meanwhile, that holds.
    """
    try:
        store.write(record, version)
    except WriteConflict:
        found, found_at = store.read()
        if found is not None and not record.newer_than(found):
            journal.clear()
            return found, found_at
        with suppress(WriteConflict):
            store.write(record, found_at)
    reached("store_put_done")
    kept, kept_at = store.read()
    if kept is None or kept.refresh_token != record.refresh_token:
        raise TokenStoreTrouble(
            f"the {store.name} did not keep the new tokens; they are safe in the journal and are stored at the next run"
        )
    reached("verified")
    journal.append(Committed())
    journal.clear()
    return kept, kept_at
