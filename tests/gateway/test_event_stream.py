"""Server-sent events as bytes."""

import pytest

from gateway.event_stream import MOST_BYTES, Event, EventTooLongError, events


async def parts(*given):
    for one in given:
        yield one


async def heard(*given):
    return [one async for one in events(parts(*given))]


async def test_events_are_read_however_their_bytes_are_cut():
    text = Event("next", b'{"a": 1}', "7").written() + b": still here\n\n" + b"event: complete\n\n"
    whole = await heard(text)
    assert whole == [Event("next", b'{"a": 1}', "7"), None, Event("complete")]
    assert await heard(*(text[n : n + 1] for n in range(len(text)))) == whole


async def test_line_ends_of_windows_and_data_of_several_lines_are_read():
    assert await heard(b"id: 1\r\nevent: next\r\ndata: a\r\ndata: b\r\n\r\n") == [
        Event("next", b"a\nb", "1")
    ]


async def test_an_event_cut_off_at_the_end_is_dropped():
    assert await heard(b"event: next\ndata: {}\n\nevent: next\ndata: {") == [Event("next", b"{}")]


async def test_an_event_that_does_not_end_is_refused():
    with pytest.raises(EventTooLongError):
        await heard(b"data: ", b"x" * MOST_BYTES, b"x")
