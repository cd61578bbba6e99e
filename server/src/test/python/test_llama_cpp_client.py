"""Clients of llama.cpp's server as they are commonly written, with requests."""

import json

import requests


def test_health(url):
    assert requests.get(f"{url}/health", timeout=10).json() == {"status": "ok"}


def test_completion_without_a_content_type(url):
    body = json.dumps({"prompt": "Once upon a time", "n_predict": 8, "temperature": 0})
    for content_type in (None, "text/plain;charset=UTF-8", "application/x-www-form-urlencoded"):
        headers = {"Content-Type": content_type} if content_type else {}
        answer = requests.post(f"{url}/completion", data=body, headers=headers, timeout=120)
        assert answer.status_code == 200, answer.text
        result = answer.json()
        assert result["content"]
        assert result["stop"] is True
        assert result["stopped_limit"] is True
        assert result["slot_id"] == result["id_slot"]


def test_streamed_completion_is_the_same(url):
    body = {"prompt": "Once upon a time", "n_predict": 8, "temperature": 0}
    whole = requests.post(f"{url}/completion", json=body, timeout=120).json()
    text = ""
    with requests.post(f"{url}/completion", json=body | {"stream": True}, stream=True, timeout=120) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        for line in answer.iter_lines(decode_unicode=True):
            if line:
                assert line.startswith("data: ")
                text += json.loads(line[len("data: ") :])["content"]
    assert text == whole["content"]


def test_tokens_and_text_agree(url):
    for text in ("Hello, world!", "naïve café 世界 🌍", "def f(x):\n\treturn x  # <|im_end|>"):
        tokens = requests.post(f"{url}/tokenize", json={"content": text}, timeout=10).json()["tokens"]
        back = requests.post(f"{url}/detokenize", json={"tokens": tokens}, timeout=10).json()["content"]
        assert back == text


def test_the_template_of_a_chat(url):
    body = {"messages": [{"role": "user", "content": "Hello!"}]}
    prompt = requests.post(f"{url}/apply-template", json=body, timeout=10).json()["prompt"]
    assert "Hello!" in prompt
    raw = requests.post(
        f"{url}/completion", json={"prompt": prompt, "temperature": 0, "n_predict": 8}, timeout=120
    ).json()["content"]
    chat = requests.post(
        f"{url}/v1/chat/completions", json=body | {"temperature": 0, "max_tokens": 8}, timeout=120
    ).json()["choices"][0]["message"]["content"]
    assert raw == chat


def test_errors_name_the_field(url):
    answer = requests.post(f"{url}/completion", json={"prompt": "x", "top_p": 2}, timeout=10)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == 400
    assert error["type"] == "invalid_request_error"
    assert "'top_p' must be between 0 and 1" in error["message"]


def test_a_model_that_cannot_fill_in_the_middle_says_so(url):
    answer = requests.post(f"{url}/infill", json={"input_prefix": "a", "input_suffix": "b"}, timeout=10)
    assert answer.status_code == 501
    error = answer.json()["error"]
    assert error["type"] == "not_supported_error"
    assert "can't fill in the middle" in error["message"]
    assert "prefix" in error["message"]


def test_a_slot_that_is_not_there(url):
    answer = requests.post(f"{url}/completion", json={"prompt": "x", "n_predict": 1, "id_slot": 257}, timeout=60)
    assert answer.status_code == 400
    assert "'id_slot' must be -1 or a slot's number" in answer.json()["error"]["message"]
    answer = requests.post(f"{url}/completion", json={"prompt": "x", "n_predict": 1, "slot_id": 257}, timeout=60)
    assert answer.status_code == 200


def test_probabilities_have_both_shapes(url):
    body = {"prompt": "The capital of France is", "n_predict": 2, "n_probs": 3, "temperature": 0}
    for token in requests.post(f"{url}/completion", json=body, timeout=60).json()["completion_probabilities"]:
        assert token["content"] == token["token"]
        assert [likely["tok_str"] for likely in token["probs"]] == [likely["token"] for likely in token["top_logprobs"]]
        assert all(0 <= likely["prob"] <= 1 for likely in token["probs"])
