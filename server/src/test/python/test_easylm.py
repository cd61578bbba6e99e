"""EasyLM's protocol, as its LMClient speaks it."""

import math
import urllib.parse

import pytest
import requests


@pytest.fixture
def ask(url):
    def post(path, **body):
        # LMClient joins the address and the path in this way
        answer = requests.post(urllib.parse.urljoin(url + "/", path), json=body, timeout=120)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return post


def test_somebody_is_there(url):
    requests.get(urllib.parse.urljoin(url + "/", "ready"), timeout=60)


def test_the_likelier_answer_is_found(ask):
    prefixes = ["The capital of France is"] * 3
    texts = [" Paris", " Rome", " banana"]
    answer = ask("loglikelihood", prefix_text=prefixes, text=texts)
    assert answer["prefix_text"] == prefixes and answer["text"] == texts
    assert answer["log_likelihood"] == answer["loglikelihood"]
    assert answer["log_likelihood"][0] == max(answer["log_likelihood"])
    assert answer["is_greedy"][2] is False
    assert all(math.isfinite(number) for number in answer["log_likelihood"])


def test_rolling(ask):
    texts = ["Once upon a time there was a king.", "word " * 200, ""]
    real = ask("loglikelihood-rolling", text=texts)
    documented = ask("serve_loglikelihood_rolling", text=texts)
    assert real["is_greedy"] == documented["is_greedy"]
    for one, other in zip(real["log_likelihood"], documented["loglikelihood"]):
        assert one == pytest.approx(other, abs=0.05, rel=1e-3)
    assert real["log_likelihood"][2] == 0 and real["is_greedy"][2] is True


def test_greedy_until(ask):
    for path in ["greedy-until", "greedy_until"]:
        answer = ask(path, prefix_text=["1, 2, 3, 4,", "a, b, c, d,"], until=[["8"], ["g", "h"]])
        assert answer["output_text"] == [" 5, 6, 7, ", " e, f, "]
        assert answer["max_length"] == 5000


def test_chat(ask):
    prompt = "<|im_start|>user\nSay hello.<|im_end|>\n<|im_start|>assistant\n"
    answer = ask("chat", prompt=prompt, context="", temperature=0.0)
    assert answer["response"]
    assert answer["context"] == prompt + answer["response"]


def test_wrong_types_are_told_as_fastapi_does(url):
    answer = requests.post(f"{url}/loglikelihood", json={"text": "no list"}, timeout=60)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "text"]
