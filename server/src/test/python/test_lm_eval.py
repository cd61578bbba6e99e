"""What lm-evaluation-harness sends (`local-completions`, and the older `gguf`), and what it reads of the answers."""

import math

import pytest
import requests

CONTEXT = "Question: What is the capital of France?\nAnswer:"
CHOICES = [" Paris", " London", " Berlin", " a city in the north of Italy"]
# Batches of another shape round differently.
CLOSE = 0.2


@pytest.fixture(scope="module")
def http():
    with requests.Session() as session:
        yield session


def encode(http, url, text):
    answer = http.post(f"{url}/tokenize", json={"prompt": text, "add_special_tokens": False}, timeout=60)
    answer.raise_for_status()
    return answer.json()["tokens"]


def complete(http, url, **body):
    answer = http.post(
        f"{url}/v1/completions",
        json=body,
        headers={"Authorization": "Bearer EMPTY", "Content-Type": "application/json"},
        timeout=120,
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def loglikelihoods(http, url, model, pairs):
    """As lm_eval.models.api_models.TemplateAPI asks for them and parse_logprobs reads them."""
    answer = complete(
        http,
        url,
        model=model,
        prompt=[context + continuation for context, continuation in pairs],
        temperature=0,
        max_tokens=1,
        logprobs=1,
        seed=1234,
        echo=True,
    )
    results = []
    choices = sorted(answer["choices"], key=lambda choice: choice["index"])
    for choice, (context, continuation) in zip(choices, pairs, strict=True):
        logprobs = choice["logprobs"]
        assert len(logprobs["token_logprobs"]) == len(context) + len(continuation) + 1
        tokens = logprobs["token_logprobs"][len(context) : -1]
        tops = logprobs["top_logprobs"][len(context) : -1]
        greedy = all(own == max(top.values()) for own, top in zip(tokens, tops, strict=True))
        results.append((sum(tokens), greedy))
    return results


def direct(http, url, context, continuation):
    """The same, token by token: each from a request that generates it, without reuse or sharing."""
    total, greedy = 0.0, True
    for i, token in enumerate(continuation):
        answer = http.post(
            f"{url}/completion",
            json={
                "prompt": context + continuation[:i],
                "n_predict": 1,
                "temperature": 0,
                "n_probs": 1000,
                "ignore_eos": True,  # an end of the text would have no entry; the raw logprobs are the same
                "cache_prompt": False,
            },
            timeout=120,
        ).json()
        top = answer["completion_probabilities"][0]["top_logprobs"]
        total += next(entry["logprob"] for entry in top if entry["id"] == token)
        greedy &= top[0]["id"] == token
    return total, greedy


def test_the_remote_tokenizer_is_found(http, url):
    info = http.get(f"{url}/tokenizer_info", timeout=60).json()
    end = encode(http, url, info["eos_token"])
    assert len(end) == 1
    text = http.post(f"{url}/detokenize", json={"tokens": end}, timeout=60).json()["prompt"]
    assert text == info["eos_token"]


def test_loglikelihoods_are_those_of_the_tokens(http, url, model):
    context = encode(http, url, CONTEXT)
    pairs = [(context, encode(http, url, choice)) for choice in CHOICES]
    found = loglikelihoods(http, url, model, pairs)
    for (likelihood, greedy), (_, continuation) in zip(found, pairs, strict=True):
        expected, expected_greedy = direct(http, url, context, continuation)
        assert likelihood == pytest.approx(expected, abs=CLOSE * len(continuation))
        assert greedy == expected_greedy
    assert max(found)[0] == found[0][0], "Paris is the likeliest"


def test_one_at_a_time_is_the_same(http, url, model):
    context = encode(http, url, CONTEXT)
    pairs = [(context, encode(http, url, choice)) for choice in CHOICES]
    together = loglikelihoods(http, url, model, pairs)
    for pair, expected in zip(pairs, together, strict=True):
        (likelihood, greedy) = loglikelihoods(http, url, model, [pair])[0]
        assert likelihood == pytest.approx(expected[0], abs=CLOSE * len(pair[1]))
        assert greedy == expected[1]


def test_rolling_windows(http, url, model):
    end = encode(http, url, http.get(f"{url}/tokenizer_info", timeout=60).json()["eos_token"])
    text = encode(http, url, "It was the best of times, it was the worst of times.")
    (likelihood, _) = loglikelihoods(http, url, model, [(end, text)])[0]
    assert likelihood < 0
    assert math.isfinite(likelihood)


def test_generate_until(http, url, model):
    answer = complete(
        http,
        url,
        model=model,
        prompt=[encode(http, url, "1, 2, 3, 4,"), encode(http, url, "a, b, c,")],
        max_tokens=16,
        temperature=0,
        stop=["\n\n", "<|im_end|>"],
        seed=1234,
    )
    assert [choice["index"] for choice in answer["choices"]] == [0, 1]
    assert answer["choices"][0]["text"].startswith(" 5, 6")


def test_the_older_gguf_client(http, url):
    context, continuation = "The capital of France is", " Paris"
    answer = complete(
        http, url, prompt=context + continuation, logprobs=10, temperature=0.0, max_tokens=1, echo=True
    )
    logprobs = answer["choices"][0]["logprobs"]
    index = next(i for i, offset in enumerate(logprobs["text_offset"]) if offset >= len(context))
    assert logprobs["tokens"][index] == continuation
    assert sum(logprobs["token_logprobs"][index:-1]) < 0
    greedy = all(
        max(logprobs["top_logprobs"][i].items(), key=lambda entry: entry[1])[0] == logprobs["tokens"][i]
        for i in range(index, len(logprobs["tokens"]))
    )
    assert greedy
