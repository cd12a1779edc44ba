"""The collector is paused while many objects are made, and is afterwards what it was before."""

import gc
from collections.abc import Iterator
from threading import Event, Thread

import pytest

from django_like_repos.execution.collector import paused


@pytest.fixture(autouse=True)
def _enabled() -> Iterator[None]:
    gc.enable()
    yield
    gc.enable()


def test_a_pause_ends() -> None:
    with paused():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_pause_ends_by_an_error() -> None:
    with pytest.raises(LookupError), paused():
        raise LookupError
    assert gc.isenabled()


def test_pauses_within_pauses() -> None:
    with paused():
        with paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_what_the_user_disabled_stays_disabled() -> None:
    gc.disable()
    with paused(), paused():
        assert not gc.isenabled()
    assert not gc.isenabled()


def test_a_pause_that_another_thread_ends_later() -> None:
    begun, over = Event(), Event()

    def other() -> None:
        with paused():
            begun.set()
            over.wait()

    thread = Thread(target=other)
    with paused():
        thread.start()
        begun.wait()
    assert not gc.isenabled()
    over.set()
    thread.join()
    assert gc.isenabled()
