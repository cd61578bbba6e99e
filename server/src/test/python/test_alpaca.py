"""Chinese-LLaMA-Alpaca's own curl lines, and what its clients rely on, against the ports of its dialect."""

import json
import math
import os
import re
import subprocess
import urllib.error
import urllib.request

import pytest

DOCUMENTED = "http://localhost:19327"
ID = "[2-9A-HJ-NP-Za-km-z]{22}"

COMPLETION = r"""
curl http://localhost:19327/v1/completions \
-H "Content-Type: application/json" \
-d '{
"prompt": "Tell me where the capital of China is"
}'
"""

COMPLETION_WITH_BEAMS = r"""
curl http://localhost:19327/v1/completions \
-H "Content-Type: application/json" \
-d '{
"prompt": "Tell me the strengths and weaknesses of China and the United States respectively",
"max_tokens": 90,
"temperature": 0.7,
"num_beams": 4,
"top_k": 40
}'
"""

CHAT = r"""
curl http://localhost:19327/v1/chat/completions \
-H "Content-Type: application/json" \
-d '{
"messages": [
{"role": "user","message": "Tell me some stories about Hangzhou"}
],
"repetition_penalty": 1.0
}'
"""

CHAT_OF_SEVERAL_TURNS = r"""
curl http://localhost:19327/v1/chat/completions \
-H "Content-Type: application/json" \
-d '{
"messages": [
{"role": "user","message": "Tell me some stories about Hangzhou"},
{"role": "assistant","message": "Sure, do you have any specific preferences about Hangzhou?"},
{"role": "user","message": "I am quite fond of West Lake, could you tell me about it?"}
],
"repetition_penalty": 1.0
}'
"""

EMBEDDINGS = r"""
curl http://localhost:19327/v1/embeddings \
-H "Content-Type: application/json" \
-d '{
"input": "The weather is really nice today"
}'
"""


@pytest.fixture(scope="module")
def alpaca() -> str:
    return os.environ["CORRAL_ALPACA_URL"].rstrip("/")


@pytest.fixture(scope="module")
def alpaca2() -> str:
    return os.environ["CORRAL_ALPACA2_URL"].rstrip("/")


def run(line: str, url: str):
    """The line as it is documented, but for the port."""
    command = line.replace(DOCUMENTED, url).replace("curl ", "curl --silent --show-error --fail-with-body ", 1)
    return json.loads(subprocess.run(["bash", "-c", command], check=True, capture_output=True, timeout=300).stdout)


def post(url: str, body: dict) -> str:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=300) as answer:
        return answer.read().decode()


def check_completion(answer):
    assert list(answer) == ["id", "object", "created", "model", "choices"]
    assert re.fullmatch(f"cmpl-{ID}", answer["id"])
    assert answer["object"] == "text_completion"
    assert answer["created"] > 1_700_000_000
    assert answer["model"] == "chinese-llama-alpaca"
    assert [list(choice) for choice in answer["choices"]] == [["index", "text"]]
    assert answer["choices"][0]["text"]


def check_chat(answer, said):
    assert list(answer) == ["id", "object", "created", "model", "choices"]
    assert re.fullmatch(f"chatcmpl-{ID}", answer["id"])
    assert answer["object"] == "chat.completion"
    assert answer["model"] == "chinese-llama-alpaca"
    assert [choice["index"] for choice in answer["choices"]] == list(range(len(said) + 1))
    assert [choice["message"]["content"] for choice in answer["choices"][:-1]] == said
    assert answer["choices"][-1]["message"]["role"] == "assistant"
    assert answer["choices"][-1]["message"]["content"]


def test_completion(alpaca):
    check_completion(run(COMPLETION, alpaca))


def test_completion_with_beams(alpaca):
    check_completion(run(COMPLETION_WITH_BEAMS, alpaca))


def test_chat(alpaca):
    check_chat(run(CHAT, alpaca), ["Tell me some stories about Hangzhou"])


def test_chat_of_several_turns(alpaca):
    check_chat(
        run(CHAT_OF_SEVERAL_TURNS, alpaca),
        [
            "Tell me some stories about Hangzhou",
            "Sure, do you have any specific preferences about Hangzhou?",
            "I am quite fond of West Lake, could you tell me about it?",
        ],
    )


def test_chat_on_the_main_port(url):
    check_chat(run(CHAT, url), ["Tell me some stories about Hangzhou"])


def test_embeddings(alpaca):
    answer = run(EMBEDDINGS, alpaca)
    assert list(answer) == ["object", "data", "model"]
    assert [list(entry) for entry in answer["data"]] == [["object", "embedding", "index"]]
    assert math.isclose(math.hypot(*answer["data"][0]["embedding"]), 1, abs_tol=1e-4)


def test_embeddings_are_the_mean_of_all_tokens(alpaca, url):
    text = "The weather is really nice today"
    vector = json.loads(post(f"{alpaca}/v1/embeddings", {"input": text}))["data"][0]["embedding"]
    rows = json.loads(
        post(f"{url}/embeddings", {"content": text, "pooling": "none", "embd_normalize": -1})
    )[0]["embedding"]
    mean = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
    length = math.hypot(*mean)
    assert max(abs(a - b / length) for a, b in zip(vector, mean, strict=True)) < 1e-3


def test_the_prompt_is_the_template(alpaca, url):
    """A completion is what the main port makes of the template, written out."""
    asked = {"max_tokens": 24, "do_sample": False}
    text = json.loads(post(f"{alpaca}/v1/completions", {"prompt": "Name a colour.", **asked}))["choices"][0]["text"]
    template = (
        "Below is an instruction that describes a task. Write a response that appropriately completes the request."
        "\n    \n### Instruction:\nName a colour.\n\n### Response: "
    )
    plain = json.loads(post(f"{url}/completion", {"prompt": template, "n_predict": 24, "temperature": 0}))
    assert text == plain["content"].split("### Instruction:")[0].strip()


def test_a_stream_is_the_whole_in_pieces(alpaca2):
    body = {"messages": [{"role": "user", "content": "Say hello"}], "max_tokens": 24, "do_sample": False}
    whole = json.loads(post(f"{alpaca2}/v1/chat/completions", body))
    assert whole["model"] == "chinese-llama-alpaca-2"
    stream = post(f"{alpaca2}/v1/chat/completions", {**body, "stream": True})
    data = [line.removeprefix("data: ") for line in stream.splitlines() if line]
    assert data[-1] == "[DONE]"
    chunks = [json.loads(event)["choices"][0] for event in data[:-1]]
    assert chunks[0]["delta"] == {"role": "assistant"}
    assert chunks[-1]["delta"] == {}
    assert chunks[-1]["finish_reason"] in ("stop", "length")
    text = "".join(chunk["delta"].get("content", "") for chunk in chunks)
    assert text == whole["choices"][-1]["message"]["content"]


def test_more_beams_than_slots(alpaca):
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(f"{alpaca}/v1/completions", {"prompt": "Hello", "num_beams": 64})
    assert refused.value.code == 422
    assert json.loads(refused.value.read())["detail"][0]["loc"] == ["body", "num_beams"]
