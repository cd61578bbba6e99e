"""The metrics as Prometheus' own parser reads them."""

import json

import requests
from prometheus_client.parser import text_string_to_metric_families

LLAMA_CPP = {
    "prompt_tokens_total", "prompt_tokens_cached_total", "prompt_seconds_total", "tokens_predicted_total",
    "tokens_predicted_seconds_total", "n_decode_total", "n_tokens_max", "spec_decode_num_draft_tokens_total",
    "spec_decode_num_accepted_tokens_total", "spec_decode_num_drafts_total", "prompt_tokens_seconds",
    "predicted_tokens_seconds", "requests_processing", "requests_deferred", "n_busy_slots_per_decode",
}  # fmt: skip
VLLM_HISTOGRAMS = {
    "time_to_first_token_seconds", "inter_token_latency_seconds", "time_per_output_token_seconds",
    "e2e_request_latency_seconds", "request_queue_time_seconds",
}  # fmt: skip


def scrape(url):
    answer = requests.get(f"{url}/metrics", timeout=10)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert int(answer.headers["Process-Start-Time-Unix"]) > 1_000_000_000
    samples = {}
    for family in text_string_to_metric_families(answer.text):
        assert family.documentation
        for sample in family.samples:
            samples.setdefault(sample.name, []).append(sample)
    return samples


def value(samples, name):
    (only,) = samples[name]
    return only.value


def test_it_parses_and_has_the_names_of_both(url):
    samples = scrape(url)
    assert {f"llamacpp:{name}" for name in LLAMA_CPP} <= samples.keys()
    for name in ("num_requests_waiting", "num_requests_running", "kv_cache_usage_perc"):
        (sample,) = samples[f"vllm:{name}"]
        assert sample.labels["model_name"]
    (info,) = samples["vllm:cache_config_info"]
    assert int(info.labels["block_size"]) * int(info.labels["num_gpu_blocks"]) >= 512
    (lora,) = samples["vllm:lora_requests_info"]
    assert {"running_lora_adapters", "waiting_lora_adapters", "max_lora"} <= lora.labels.keys()


def test_it_counts_what_was_done(url):
    before = scrape(url)
    body = {"prompt": "Seven sailors saw a seal,", "n_predict": 12, "temperature": 0, "ignore_eos": True}
    result = requests.post(f"{url}/completion", json=body, timeout=120).json()
    after = scrape(url)

    def grown(name):
        return value(after, name) - value(before, name)

    assert result["tokens_predicted"] == 12
    assert grown("llamacpp:tokens_predicted_total") == 12
    assert grown("vllm:generation_tokens_total") == 12
    assert grown("llamacpp:prompt_tokens_total") + grown("llamacpp:prompt_tokens_cached_total") == result["tokens_evaluated"]
    assert value(after, "llamacpp:predicted_tokens_seconds") > 0
    assert value(after, "llamacpp:n_tokens_max") >= result["tokens_evaluated"] + 12
    assert value(after, "vllm:num_requests_running") == value(after, "llamacpp:requests_processing") == 0
    for name in VLLM_HISTOGRAMS:
        assert grown(f"vllm:{name}_count") > 0, name
        buckets = [sample.value for sample in after[f"vllm:{name}_bucket"]]
        assert buckets == sorted(buckets)
        assert buckets[-1] == value(after, f"vllm:{name}_count")
    ended = {sample.labels["finished_reason"]: sample.value for sample in after["vllm:request_success_total"]}
    assert ended["length"] >= 1


def test_an_adapter_is_named_while_it_is_used(url):
    body = {"prompt": "Once", "ignore_eos": True, "n_predict": 200, "stream": True, "lora": [{"name": "wild", "scale": 1}]}
    with requests.post(f"{url}/completion", json=body, stream=True, timeout=120) as answer:
        lines = answer.iter_lines()  # closing it would close the connection
        first = next(line for line in lines if line)
        assert json.loads(first[len(b"data: ") :])["stop"] is False
        samples = scrape(url)
        assert samples["vllm:lora_requests_info"][0].labels["running_lora_adapters"] == "wild"
        assert value(samples, "vllm:num_requests_running") >= 1
        assert 0 < value(samples, "vllm:kv_cache_usage_perc") <= 1
