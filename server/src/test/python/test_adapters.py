"""LoRA adapters, as llama.cpp's server and vLLM have them; the server has one, `wild`, that applies only where chosen."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

PROMPT = {"prompt": "Once upon a time, in a house by the sea,", "n_predict": 16, "temperature": 0}


def complete(url, **fields):
    answer = requests.post(f"{url}/completion", json=PROMPT | fields, timeout=120)
    assert answer.status_code == 200, answer.text
    return answer.json()


def adapters(url):
    return requests.get(f"{url}/lora-adapters", timeout=10).json()


@pytest.fixture
def wild(url):
    yield adapters(url)[0]["id"]
    assert requests.post(f"{url}/lora-adapters", json=[], timeout=10).status_code == 200


def test_the_list_has_the_server_s_adapter(url):
    (adapter,) = adapters(url)
    assert adapter["id"] == 0
    assert adapter["name"] == "wild"
    assert adapter["path"].endswith("wild.gguf")
    assert adapter["scale"] == 0


def test_a_request_chooses_its_adapters(url, wild):
    plain = complete(url)["content"]
    changed = complete(url, lora=[{"id": wild, "scale": 1.0}])["content"]
    assert changed != plain
    assert complete(url, lora=[{"id": wild, "scale": 0.0}])["content"] == plain
    assert complete(url, lora=[{"name": "wild", "scale": 1.0}])["content"] == changed


def test_the_default_can_be_changed(url, wild):
    plain = complete(url)["content"]
    answer = requests.post(f"{url}/lora-adapters", json=[{"id": wild, "scale": 1.0}], timeout=10)
    assert answer.json() == {"success": True}
    assert adapters(url)[0]["scale"] == 1
    assert complete(url)["content"] == complete(url, lora=[{"id": wild, "scale": 1.0}])["content"] != plain
    requests.post(f"{url}/lora-adapters", json=[], timeout=10)
    assert complete(url)["content"] == plain


def test_prefixes_are_reused_under_their_own_adapters_only(url, wild):
    fresh = {"prompt": "A prompt that no other test of these sends. " * 4}
    assert complete(url, **fresh)["timings"]["cache_n"] <= 1
    assert complete(url, **fresh, lora=[{"id": wild, "scale": 0.7}])["timings"]["cache_n"] == 0
    assert complete(url, **fresh, lora=[{"id": wild, "scale": 0.6}])["timings"]["cache_n"] == 0
    assert complete(url, **fresh, lora=[{"id": wild, "scale": 0.7}])["timings"]["cache_n"] > 20
    assert complete(url, **fresh)["timings"]["cache_n"] > 20


def test_requests_with_different_adapters_run_side_by_side(url, wild):
    scales = [0.0, 0.5, 1.0, 0.0, 1.0, 0.5]
    with ThreadPoolExecutor(len(scales)) as clients:
        results = list(clients.map(lambda scale: complete(url, lora=[{"id": wild, "scale": scale}]), scales))
    assert all(result["tokens_predicted"] == 16 for result in results)


def test_an_adapter_is_a_model_of_its_own(client, model):
    listed = {entry.id: entry for entry in client.models.list()}
    assert listed["wild"].parent == model
    question = [{"role": "user", "content": "What is the capital of France?"}]
    answers = {
        name: client.chat.completions.create(model=name, messages=question, max_tokens=12, temperature=0)
        for name in (model, "wild", f"{model}:wild")
    }
    assert answers["wild"].model == "wild"
    texts = {name: answer.choices[0].message.content for name, answer in answers.items()}
    assert texts["wild"] == texts[f"{model}:wild"] != texts[model]


@pytest.mark.parametrize(
    "lora, because",
    [
        ([{"id": 7, "scale": 1}], "'lora[0].id'"),
        ([{"id": 0, "scale": 1000}], "'lora[0].scale' must be between -100 and 100"),
        ([{"id": 0}], "'lora[0].scale' is required"),
        ([{"name": "../wild", "scale": 1}], "'lora[0].name'"),
        ("wild", "'lora' must be an array"),
    ],
)
def test_what_is_wrong_is_explained(url, lora, because):
    answer = requests.post(f"{url}/completion", json=PROMPT | {"lora": lora}, timeout=10)
    assert answer.status_code == 400
    assert because in answer.json()["error"]["message"]


def test_nothing_is_loaded_by_a_path(url):
    body = {"lora_name": "other", "lora_path": "/etc/passwd"}
    answer = requests.post(f"{url}/v1/load_lora_adapter", json=body, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "lora_path"
