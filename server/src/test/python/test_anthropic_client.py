"""Anthropic's own Python client, unmodified, against the server."""

import asyncio
import json

import anthropic
import pydantic
import pytest

HELLO = [{"role": "user", "content": "Hello!"}]


@pytest.fixture(scope="module")
def claude(url: str) -> anthropic.Anthropic:
    # No retries: a test that passes by trying again would hide a failure.
    return anthropic.Anthropic(base_url=url, api_key="none", max_retries=0, timeout=120)


# The client has no names for sampling any more; the API still does.
GREEDY = {"temperature": 0}


def greedy(claude, model, **more):
    return claude.messages.create(model=model, max_tokens=16, **{"messages": HELLO, "extra_body": GREEDY, **more})


def text_of(message) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


def test_a_message(claude, model):
    message = greedy(claude, model)
    assert message.type == "message"
    assert message.role == "assistant"
    assert message.model == model
    assert message.id.startswith("msg_")
    assert text_of(message)
    assert message.stop_reason in ("end_turn", "max_tokens")
    assert message.usage.output_tokens <= 16
    assert message._request_id


def test_a_prompt_that_was_read_is_read_from_the_cache(claude, model):
    system = "You count sheep. " * 20
    first = greedy(claude, model, system=system)
    again = greedy(claude, model, system=[{"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}])
    assert text_of(again) == text_of(first)
    assert again.usage.cache_read_input_tokens > again.usage.input_tokens
    whole = first.usage.input_tokens + first.usage.cache_read_input_tokens
    assert again.usage.input_tokens + again.usage.cache_read_input_tokens == whole


def test_streamed_is_the_same(claude, model):
    whole = greedy(claude, model)
    with claude.messages.stream(model=model, max_tokens=16, messages=HELLO, extra_body=GREEDY) as stream:
        text = "".join(stream.text_stream)
        message = stream.get_final_message()
    assert text == text_of(message) == text_of(whole)
    assert message.stop_reason == whole.stop_reason
    assert message.usage.output_tokens == whole.usage.output_tokens
    assert stream.request_id


def test_events_come_in_their_order(claude, model):
    types = [event.type for event in greedy(claude, model, stream=True)]
    assert types[:2] == ["message_start", "content_block_start"]
    assert types[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert set(types[2:-3]) == {"content_block_delta"}


def test_a_stream_can_be_left(claude, model):
    with greedy(claude, model, stream=True) as stream:
        next(iter(stream))
    assert text_of(greedy(claude, model))


def test_streams_side_by_side(url, model):
    async def text(client: anthropic.AsyncAnthropic) -> str:
        async with client.messages.stream(model=model, max_tokens=16, messages=HELLO, extra_body=GREEDY) as stream:
            return await stream.get_final_text()

    async def all_of_them() -> list[str]:
        async with anthropic.AsyncAnthropic(base_url=url, api_key="none", max_retries=0) as client:
            return await asyncio.gather(*(text(client) for _ in range(4)))

    texts = asyncio.run(all_of_them())
    assert len(set(texts)) == 1
    assert texts[0]


def test_a_stop_sequence(claude, model):
    message = claude.messages.create(
        model=model, max_tokens=64, extra_body=GREEDY, messages=HELLO, stop_sequences=["!", "?"]
    )
    assert message.stop_reason == "stop_sequence"
    assert message.stop_sequence in ("!", "?")
    assert message.stop_sequence not in text_of(message)


def test_an_answer_that_is_begun_is_continued(claude, model):
    counting = [
        {"role": "user", "content": "Count from one to ten, in digits."},
        {"role": "assistant", "content": "1, 2, 3, 4, 5,"},
    ]
    message = greedy(claude, model, messages=counting)
    assert text_of(message).lstrip().startswith("6")


def test_tokens_are_counted(claude, model):
    counted = claude.messages.count_tokens(model=model, messages=HELLO, system="Be brief.")
    message = greedy(claude, model, system="Be brief.")
    assert counted.input_tokens == message.usage.input_tokens + message.usage.cache_read_input_tokens


def test_structured_output(claude, model):
    class Person(pydantic.BaseModel):
        age: int
        married: bool

    message = claude.messages.parse(
        model=model,
        max_tokens=100,
        messages=[{"role": "user", "content": "Invent a person."}],
        output_format=Person,
    )
    assert isinstance(message.parsed_output, Person)
    assert set(json.loads(text_of(message))) == {"age", "married"}


def test_fields_of_llama_cpp(claude, model):
    greedy(claude, model)
    message = greedy(claude, model, extra_body=GREEDY | {"cache_prompt": False})
    assert message.usage.cache_read_input_tokens == 0


def test_models_are_listed(claude, model):
    assert model in [entry.id for entry in claude.models.list()]


def test_an_unknown_model_is_not_found(claude):
    with pytest.raises(anthropic.NotFoundError) as raised:
        greedy(claude, "claude-of-another-house")
    assert raised.value.body["error"]["type"] == "not_found_error"
    assert raised.value.request_id


def test_a_bad_value_is_a_bad_request(claude, model):
    with pytest.raises(anthropic.BadRequestError) as raised:
        greedy(claude, model, extra_body={"temperature": 1000})
    assert raised.value.body["type"] == "error"
    assert "between -100 and 100" in raised.value.message


def test_a_prompt_that_is_too_long_is_a_bad_request(claude, model):
    with pytest.raises(anthropic.BadRequestError):
        greedy(claude, model, messages=[{"role": "user", "content": "word " * 200_000}], stream=True)
