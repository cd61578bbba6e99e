"""Tools and structured output with OpenAI's own Python client, unmodified."""

import json

import openai
import pydantic
import pytest

ASK = [{"role": "user", "content": "What is the weather in Oslo?"}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tells the weather of a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "maxLength": 12}, "unit": {"enum": ["C", "F"]}},
            "required": ["city", "unit"],
            "additionalProperties": False,
        },
    },
}
TIME = {
    "type": "function",
    "function": {"name": "get_time", "parameters": {"type": "object", "properties": {}, "additionalProperties": False}},
}
STRICT = {"model": "default", "messages": ASK, "temperature": 0, "max_completion_tokens": 128}


def check_weather(call):
    assert call.type == "function"
    assert call.id
    assert call.function.name == "get_weather"
    arguments = json.loads(call.function.arguments)
    assert set(arguments) == {"city", "unit"}
    assert arguments["unit"] in ("C", "F")


def test_a_required_call(tools_client):
    choice = tools_client.chat.completions.create(
        **STRICT, tools=[WEATHER], tool_choice="required", parallel_tool_calls=False
    ).choices[0]
    assert choice.finish_reason == "tool_calls"
    assert len(choice.message.tool_calls) == 1
    check_weather(choice.message.tool_calls[0])


def test_a_named_function(tools_client):
    choice = tools_client.chat.completions.create(
        **STRICT,
        tools=[TIME, WEATHER],
        tool_choice={"type": "function", "function": {"name": "get_time"}},
        parallel_tool_calls=False,
    ).choices[0]
    assert choice.message.tool_calls[0].function.name == "get_time"
    assert json.loads(choice.message.tool_calls[0].function.arguments) == {}


def test_a_streamed_call_is_the_same(tools_client):
    asked = {**STRICT, "tools": [WEATHER], "tool_choice": "required", "parallel_tool_calls": False}
    whole = tools_client.chat.completions.create(**asked).choices[0].message.tool_calls[0]
    arguments, deltas = "", 0
    for chunk in tools_client.chat.completions.create(**asked, stream=True):
        for call in chunk.choices[0].delta.tool_calls or []:
            assert call.index == 0
            if deltas == 0:
                assert call.function.name == "get_weather"
                assert call.id
            else:
                assert call.function.name is None
            arguments += call.function.arguments
            deltas += 1
        reason = chunk.choices[0].finish_reason
    assert reason == "tool_calls"
    assert arguments == whole.function.arguments
    assert deltas > 3, "arguments come while they are written"


def test_the_clients_own_accumulator(tools_client):
    with tools_client.chat.completions.stream(
        **STRICT, tools=[WEATHER], tool_choice="required", parallel_tool_calls=False
    ) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_completion()
    assert "tool_calls.function.arguments.delta" in kinds
    check_weather(final.choices[0].message.tool_calls[0])


def test_the_whole_round(tools_client):
    call = (
        tools_client.chat.completions.create(
            **STRICT, tools=[WEATHER], tool_choice="required", parallel_tool_calls=False
        )
        .choices[0]
        .message
    )
    answer = tools_client.chat.completions.create(
        model="default",
        temperature=0,
        max_completion_tokens=24,
        messages=[
            {"role": "developer", "content": "Be brief."},
            *ASK,
            call,
            {"role": "tool", "tool_call_id": call.tool_calls[0].id, "content": "Sunny, 20 degrees"},
        ],
        tools=[WEATHER],
        tool_choice="none",
    ).choices[0]
    assert answer.message.content
    assert not answer.message.tool_calls


def test_no_tools_unless_the_model_likes(tools_client):
    answer = tools_client.chat.completions.create(**STRICT, tools=[WEATHER], tool_choice="auto").choices[0]
    assert answer.finish_reason in ("stop", "tool_calls", "length")
    for call in answer.message.tool_calls or []:
        check_weather(call)


def test_an_answer_in_a_form_or_a_call(tools_client):
    answer = tools_client.chat.completions.create(
        **STRICT,
        tools=[WEATHER],
        response_format={
            "type": "json_schema",
            "json_schema": {
                "name": "answer",
                "strict": True,
                "schema": {
                    "type": "object",
                    "properties": {"n": {"type": "integer", "minimum": 0, "maximum": 99}},
                    "required": ["n"],
                    "additionalProperties": False,
                },
            },
        },
    ).choices[0]
    if answer.message.tool_calls:
        check_weather(answer.message.tool_calls[0])
    else:
        assert set(json.loads(answer.message.content)) == {"n"}


class Person(pydantic.BaseModel):
    name: str = pydantic.Field(max_length=16)
    age: int = pydantic.Field(ge=0, le=120)


@pytest.mark.parametrize("streamed", [False, True])
def test_parse(client, tools_client, streamed):
    for any_client in (client, tools_client):
        asked = {
            "model": "default",
            "messages": [{"role": "user", "content": "Invent a person."}],
            "temperature": 0,
            "max_completion_tokens": 128,
            "response_format": Person,
        }
        if streamed:
            with any_client.chat.completions.stream(**asked) as stream:
                parsed = stream.get_final_completion().choices[0].message.parsed
        else:
            parsed = any_client.chat.completions.parse(**asked).choices[0].message.parsed
        assert isinstance(parsed, Person)


def test_a_template_without_tools_says_so(client):
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(**STRICT, tools=[WEATHER])
    assert refused.value.param == "tools"
    assert "template" in refused.value.message


def test_a_bad_pattern_is_blamed_on_its_own_field(tools_client):
    bad = {"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a$"}}}
    with pytest.raises(openai.BadRequestError) as refused:
        tools_client.chat.completions.create(
            **STRICT, tools=[{"type": "function", "function": {"name": "f", "parameters": bad}}], tool_choice="required"
        )
    assert refused.value.param == "tools[0].function.parameters"
    with pytest.raises(openai.BadRequestError) as refused:
        tools_client.chat.completions.create(
            **STRICT, response_format={"type": "json_schema", "json_schema": {"name": "a", "schema": bad}}
        )
    assert refused.value.param == "response_format.json_schema.schema"


def test_names_that_look_alike(tools_client):
    alike = [
        {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {field: {"const": 1}}, "required": [field]}}}
        for name, field in (("a_b", "x"), ("a-b", "y"))
    ]
    for tool in alike:
        call = (
            tools_client.chat.completions.create(
                **STRICT,
                tools=alike,
                tool_choice={"type": "function", "function": {"name": tool["function"]["name"]}},
                parallel_tool_calls=False,
            )
            .choices[0]
            .message.tool_calls[0]
        )
        assert call.function.name == tool["function"]["name"]
        assert json.loads(call.function.arguments) == {tool["function"]["parameters"]["required"][0]: 1}
    any_of_them = (
        tools_client.chat.completions.create(**STRICT, tools=alike, tool_choice="required", parallel_tool_calls=False)
        .choices[0]
        .message.tool_calls[0]
    )
    wanted = {tool["function"]["name"]: tool["function"]["parameters"]["required"][0] for tool in alike}
    assert json.loads(any_of_them.function.arguments) == {wanted[any_of_them.function.name]: 1}
