"""Tools with Anthropic's own Python client, unmodified."""

import anthropic
import pytest

ASK = [{"role": "user", "content": "What is the weather in Oslo?"}]
WEATHER = {
    "name": "get_weather",
    "description": "Tells the weather of a city",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string", "maxLength": 12}, "unit": {"enum": ["C", "F"]}},
        "required": ["city", "unit"],
        "additionalProperties": False,
    },
}
TIME = {"name": "get_time", "input_schema": {"type": "object", "properties": {}, "additionalProperties": False}}
STRICT = {"model": "default", "messages": ASK, "max_tokens": 128, "extra_body": {"temperature": 0}}
ONE = {"type": "any", "disable_parallel_tool_use": True}


@pytest.fixture(scope="module")
def claude(tools_url: str) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=tools_url, api_key="none", max_retries=0, timeout=120)


def the_call(message):
    (call,) = [block for block in message.content if block.type == "tool_use"]
    return call


def check_weather(call):
    assert call.id
    assert call.name == "get_weather"
    assert set(call.input) == {"city", "unit"}
    assert call.input["unit"] in ("C", "F")


def test_a_tool_that_must_be_used(claude):
    message = claude.messages.create(**STRICT, tools=[WEATHER], tool_choice=ONE)
    assert message.stop_reason == "tool_use"
    check_weather(the_call(message))


def test_a_named_tool(claude):
    choice = {"type": "tool", "name": "get_time", "disable_parallel_tool_use": True}
    call = the_call(claude.messages.create(**STRICT, tools=[WEATHER, TIME], tool_choice=choice))
    assert call.name == "get_time"
    assert call.input == {}


def test_a_streamed_use_is_the_same(claude):
    whole = the_call(claude.messages.create(**STRICT, tools=[WEATHER], tool_choice=ONE))
    pieces = 0
    with claude.messages.stream(**STRICT, tools=[WEATHER], tool_choice=ONE) as stream:
        for event in stream:
            pieces += event.type == "input_json"
        message = stream.get_final_message()
    assert message.stop_reason == "tool_use"
    assert the_call(message).input == whole.input
    assert pieces > 3, "the input comes while it is written"


def test_the_whole_round(claude):
    call = claude.messages.create(**STRICT, tools=[WEATHER], tool_choice=ONE)
    result = {"type": "tool_result", "tool_use_id": the_call(call).id, "content": "Sunny, 20 degrees"}
    answer = claude.messages.create(
        model="default",
        max_tokens=24,
        messages=[*ASK, {"role": "assistant", "content": call.content}, {"role": "user", "content": [result]}],
        tools=[WEATHER],
        tool_choice={"type": "none"},
        extra_body={"temperature": 0},
    )
    assert "".join(block.text for block in answer.content if block.type == "text")
    assert answer.stop_reason in ("end_turn", "max_tokens")


def test_a_tool_is_counted(claude):
    bare = claude.messages.count_tokens(model="default", messages=ASK).input_tokens
    assert claude.messages.count_tokens(model="default", messages=ASK, tools=[WEATHER]).input_tokens > bare + 20


def test_a_template_without_tools_says_so(url):
    plain = anthropic.Anthropic(base_url=url, api_key="none", max_retries=0, timeout=120)
    with pytest.raises(anthropic.BadRequestError, match="template"):
        plain.messages.create(**STRICT, tools=[WEATHER])


def test_a_bad_pattern_is_a_bad_request(claude):
    bad = {"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a$"}}}
    with pytest.raises(anthropic.BadRequestError):
        claude.messages.create(**STRICT, tools=[{"name": "f", "input_schema": bad}], tool_choice=ONE)


def test_an_image_needs_a_model_that_sees(claude):
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/gif", "data": GIF}}
    with pytest.raises(anthropic.BadRequestError, match="projector"):
        claude.messages.create(model="default", max_tokens=4, messages=[{"role": "user", "content": [image]}])


GIF = "R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs="
