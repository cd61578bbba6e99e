"""OpenAI's Responses API with its own Python client, unmodified."""

import json

import openai
import pydantic
import pytest

BRIEF = {"model": "default", "temperature": 0, "max_output_tokens": 24}
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "Tells the weather of a city",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string", "maxLength": 12}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}


def test_a_response(client):
    response = client.responses.create(**BRIEF, input="Hello!", instructions="Be brief.")
    assert response.id.startswith("resp_")
    assert response.object == "response"
    assert response.output_text
    assert response.status in ("completed", "incomplete")
    assert response.instructions == "Be brief."
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens
    assert response.output[0].type == "message"
    assert response.error is None


def test_a_response_that_is_cut_off_says_so(client):
    response = client.responses.create(**{**BRIEF, "max_output_tokens": 2}, input="Tell me a long story.")
    assert response.status == "incomplete"
    assert response.incomplete_details.reason == "max_output_tokens"
    assert response.usage.output_tokens == 2


def test_typed_events(client):
    whole = client.responses.create(**BRIEF, input="Hello!")
    events = list(client.responses.create(**BRIEF, input="Hello!", stream=True))
    types = [event.type for event in events]
    assert types[:4] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
    ]
    assert types[-4:-1] == ["response.output_text.done", "response.content_part.done", "response.output_item.done"]
    assert types[-1] == f"response.{whole.status}"
    assert [event.sequence_number for event in events] == list(range(len(events)))
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == whole.output_text == events[-1].response.output_text


def test_the_clients_own_accumulator(client):
    with client.responses.stream(**{**BRIEF, "max_output_tokens": 256}, input="Hello!") as stream:
        text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        assert stream.get_final_response().output_text == text


def test_function_calls(tools_client):
    asked = {
        "model": "default",
        "temperature": 0,
        "input": "What is the weather in Oslo?",
        "tools": [WEATHER],
        "tool_choice": "required",
        "parallel_tool_calls": False,
    }
    response = tools_client.responses.create(**asked)
    call = next(item for item in response.output if item.type == "function_call")
    assert call.name == "get_weather"
    assert set(json.loads(call.arguments)) == {"city"}
    assert call.call_id

    events = list(tools_client.responses.create(**asked, stream=True))
    deltas = [event.delta for event in events if event.type == "response.function_call_arguments.delta"]
    done = [event for event in events if event.type == "response.function_call_arguments.done"]
    assert len(deltas) > 2
    assert "".join(deltas) == done[0].arguments == call.arguments

    answer = tools_client.responses.create(
        **BRIEF,
        previous_response_id=response.id,
        input=[{"type": "function_call_output", "call_id": call.call_id, "output": "Sunny"}],
        tools=[WEATHER],
        tool_choice="none",
    )
    assert answer.output_text
    assert answer.previous_response_id == response.id


def test_a_conversation_goes_on(client):
    first = client.responses.create(**BRIEF, input="My name is Ann.")
    second = client.responses.create(**BRIEF, input="And yours?", previous_response_id=first.id)
    by_hand = client.chat.completions.create(
        model="default",
        temperature=0,
        max_completion_tokens=24,
        messages=[
            {"role": "user", "content": "My name is Ann."},
            {"role": "assistant", "content": first.output_text},
            {"role": "user", "content": "And yours?"},
        ],
    )
    assert second.usage.input_tokens == by_hand.usage.prompt_tokens
    assert client.responses.retrieve(second.id).output_text == second.output_text
    client.responses.delete(first.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.create(**BRIEF, input="Hm?", previous_response_id=first.id)


def test_what_is_not_stored_is_not_there(client):
    response = client.responses.create(**BRIEF, input="Hello!", store=False)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(response.id)


class Person(pydantic.BaseModel):
    name: str = pydantic.Field(max_length=16)
    age: int = pydantic.Field(ge=0, le=120)


def test_structured_output(client):
    response = client.responses.parse(
        model="default", temperature=0, max_output_tokens=128, input="Invent a person.", text_format=Person
    )
    assert isinstance(response.output_parsed, Person)


def test_what_is_malformed_is_named(client):
    for wrong, param in (
        ({"input": []}, "input"),
        ({"input": [{"role": "owner", "content": "x"}]}, "input[0].role"),
        ({"input": [{"type": "function_call", "name": "f", "arguments": "{}"}]}, "input[0].call_id"),
        ({"input": "x", "max_output_tokens": 0}, "max_output_tokens"),
        ({"input": "x", "text": {"format": {"type": "xml"}}}, "text.format.type"),
    ):
        with pytest.raises(openai.BadRequestError) as refused:
            client.responses.create(**{**BRIEF, **wrong})
        assert refused.value.param == param
