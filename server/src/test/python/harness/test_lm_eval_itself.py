"""lm-evaluation-harness itself, unmodified, on tasks that need nothing from elsewhere."""

import functools
import json
import math
import os
import re

os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}

import lm_eval  # noqa: E402  it reads the environment when it is imported
import pytest  # noqa: E402
import requests  # noqa: E402

# Batches of another shape round differently, and with activations of 8 bits a difference grows: up to 0.3 for an unlikely token.
CLOSE = 0.5

CAPITALS = (
    "Italy Rome Spain Madrid Portugal Lisbon Greece Athens Austria Vienna Norway Oslo Sweden Stockholm Denmark Copenhagen "
    "Finland Helsinki Poland Warsaw Hungary Budapest Ireland Dublin Belgium Brussels Egypt Cairo Russia Moscow China Beijing "
    "India Delhi Iran Tehran Cuba Havana Peru Lima"
).split()
# As many as an evaluation has: what is computed again for each text, a token, is little beside them.
SHOTS = "".join(
    f"Question: What is the capital of {country}?\nAnswer: {capital}\n\n"
    for country, capital in zip(CAPITALS[::2], CAPITALS[1::2], strict=True)
)
QUESTIONS = [
    {"question": "What is the capital of France?", "choices": ["Paris", "London", "Oslo", "Berlin"], "answer": 0},
    {"question": "What is the capital of England?", "choices": ["Rome", "London", "Vienna", "Athens"], "answer": 1},
    {"question": "What is the capital of Germany?", "choices": ["Cairo", "Tokyo", "Berlin", "Prague"], "answer": 2},
    {"question": "What is the capital of Japan?", "choices": ["Seoul", "Delhi", "Lima", "Tokyo"], "answer": 3},
]


@pytest.fixture(scope="module")
def url() -> str:
    return os.environ["CORRAL_URL"].rstrip("/")


@pytest.fixture(scope="module")
def choosing(tmp_path_factory):
    """A task of questions with four choices each."""
    file = tmp_path_factory.mktemp("task") / "questions.jsonl"
    file.write_text("".join(json.dumps(question) + "\n" for question in QUESTIONS))
    return {
        "task": "capitals",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(file)}},
        "test_split": "test",
        "output_type": "multiple_choice",
        "doc_to_text": SHOTS + "Question: {{question}}\nAnswer:",
        "doc_to_choice": "{{choices}}",
        "doc_to_target": "{{answer}}",
        "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
    }


def context(question):
    return f"{SHOTS}Question: {question['question']}\nAnswer:"


def tokens(url, text):
    answer = requests.post(f"{url}/tokenize", json={"prompt": text, "add_special_tokens": False}, timeout=60)
    return answer.json()["tokens"]


@functools.cache
def direct(url, before, continuation):
    """A text's log-likelihood token by token, each from a request that generates it, without reuse or sharing.

    Where a token is not among the likeliest thousand, what is told of them bounds it; the last value says whether none was.
    """
    total, greedy, exact = 0.0, True, True
    for i, token in enumerate(continuation):
        body = {
            "prompt": [*before, *continuation[:i]],
            "n_predict": 1,
            "temperature": 0,
            "n_probs": 1000,
            "ignore_eos": True,
            "cache_prompt": False,
        }
        answer = requests.post(f"{url}/completion", json=body, timeout=120).json()
        top = answer["completion_probabilities"][0]["top_logprobs"]
        found = [entry["logprob"] for entry in top if entry["id"] == token]
        total += found[0] if found else top[-1]["logprob"]
        exact &= bool(found)
        greedy &= top[0]["id"] == token
    return total, greedy, exact


def evaluated(url):
    metrics = requests.get(f"{url}/metrics", timeout=60).text
    return float(re.search(r"^llamacpp:prompt_tokens_total\S* (\S+)$", metrics, re.MULTILINE)[1])


def scores(results):
    """(log-likelihood, greedy) of every choice of every question."""
    samples = sorted(results["samples"]["capitals"], key=lambda sample: sample["doc_id"])
    return [[(float(score), str(greedy) == "True") for ((score, greedy),) in sample["resps"]] for sample in samples]


def check(url, found):
    exactly = 0
    for question, choices in zip(QUESTIONS, found, strict=True):
        before = tokens(url, context(question))
        for choice, (score, greedy) in zip(question["choices"], choices, strict=True):
            continuation = tokens(url, " " + choice)
            expected, expected_greedy, exact = direct(url, tuple(before), tuple(continuation))
            if exact:
                assert score == pytest.approx(expected, abs=CLOSE * len(continuation))
            else:
                assert score <= expected + CLOSE * len(continuation)
            assert greedy == expected_greedy
            exactly += exact
    assert exactly >= 12


def test_local_completions_with_the_remote_tokenizer(url, choosing):
    texts = [(question, choice) for question in QUESTIONS for choice in question["choices"]]
    prefixes = set()
    for question, choice in texts:
        whole = tokens(url, context(question)) + tokens(url, " " + choice)
        prefixes |= {tuple(whole[: end + 1]) for end in range(len(whole))}
    before = evaluated(url)
    results = lm_eval.simple_evaluate(
        model="local-completions",
        model_args={"base_url": f"{url}/v1/completions", "model": "default", "num_concurrent": 1, "max_retries": 1},
        batch_size=4,
        tasks=[choosing],
        bootstrap_iters=0,
    )
    computed = evaluated(url) - before
    assert results["results"]["capitals"]["acc,none"] >= 0.75
    found = scores(results)
    check(url, found)
    assert computed <= 1.1 * len(prefixes), "what several texts begin with is computed once"


def test_the_gguf_client(url, choosing):
    results = lm_eval.simple_evaluate(
        model="gguf", model_args={"base_url": url}, tasks=[choosing], bootstrap_iters=0
    )
    assert results["results"]["capitals"]["acc,none"] >= 0.75
    check(url, scores(results))


def test_generating_and_rolling(url, tmp_path):
    file = tmp_path / "texts.jsonl"
    file.write_text(json.dumps({"text": "1, 2, 3, 4,", "rest": " 5, 6"}) + "\n")
    common = {
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(file)}},
        "test_split": "test",
        "doc_to_text": "{{text}}",
        "doc_to_target": "{{rest}}",
    }
    counting = common | {
        "task": "counting",
        "output_type": "generate_until",
        "generation_kwargs": {"until": [", 7"], "max_gen_toks": 12, "temperature": 0},
        "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
    }
    reading = common | {
        "task": "reading",
        "output_type": "loglikelihood_rolling",
        "doc_to_text": "",
        "doc_to_target": "{{text}}",
        "metric_list": [{"metric": "word_perplexity"}],
    }
    results = lm_eval.simple_evaluate(
        model="local-completions",
        model_args={"base_url": f"{url}/v1/completions", "model": "default", "num_concurrent": 1, "max_retries": 1},
        tasks=[counting, reading],
        bootstrap_iters=0,
    )
    assert results["results"]["counting"]["exact_match,none"] == 1
    assert math.isfinite(results["results"]["reading"]["word_perplexity,none"])
