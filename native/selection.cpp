#include "selection.hpp"

#include "error.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace corral {

namespace {

constexpr float impossible = -std::numeric_limits<float>::infinity();
constexpr int32_t max_k = 4096;      // with more to keep, the whole array is no slower
constexpr int32_t max_heap_k = 128;  // llama.cpp selects so many by a heap, and more by sorting into buckets,
constexpr float buckets_per_unit = 6.4f;
constexpr int32_t middle_bucket = 64; // which holds a logit of 0
constexpr int32_t last_bucket = 127;
constexpr int32_t n_checked_first = 512; // candidates that a grammar sees before it sees all
constexpr float slack = 1e-5f;           // for what rounding can do to a threshold

bool is_possible(float logit) {
    return logit > impossible;
}

int32_t bucket_of(float logit) {
    const float place = std::min(std::max(buckets_per_unit * logit + middle_bucket, 0.0f), last_bucket + 0.5f);
    return static_cast<int32_t>(place);
}

bool likelier(const llama_token_data &a, const llama_token_data &b) {
    return a.logit > b.logit || (a.logit == b.logit && a.id < b.id);
}

bool allows(llama_sampler *grammar, llama_token token) {
    llama_token_data candidate = {token, 1.0f, 0.0f};
    llama_token_data_array candidates = {&candidate, 1, -1, false};
    llama_sampler_apply(grammar, &candidates);
    return is_possible(candidate.logit);
}

} // namespace

void Selection::select(llama_sampler *the_chain, llama_sampler *grammar, float *the_logits, int32_t n,
                       bool all_candidates) {
    chain = the_chain;
    logits = the_logits;
    n_tokens = n;
    row_extent = extent(logits, n_tokens);
    if (!row_extent.numbers || !is_possible(row_extent.largest)) {
        throw failure(CORRAL_FAILED,
                      row_extent.numbers ? "the model rules out every token" : "the model's logits are not finite");
    }
    const Beginning begin = beginning(all_candidates);
    EditedRow row(logits, n_tokens, undo);
    for (int32_t i = 0; i < begin.rest; ++i) {
        KnownSampler::of(llama_sampler_chain_get(chain, i))->edit(row);
    }
    find(begin);
    apply_rest(begin);
    // Checking one token against a grammar is cheap, checking a whole vocabulary is not: select first.
    if (grammar != nullptr && !allows(grammar, selected().id)) {
        select_among_allowed(grammar, begin);
    }
}

Selection::Beginning Selection::beginning(bool all_candidates) const {
    const int32_t length = llama_sampler_chain_n(chain);
    Beginning begin = {Way::whole, 0, 1, 0, 0};
    const auto at = [&](int32_t i) { return i < length ? llama_sampler_chain_get(chain, i) : nullptr; };
    const auto known = [&](int32_t i) { return at(i) == nullptr ? nullptr : KnownSampler::of(at(i)); };
    while (known(begin.rest) != nullptr && known(begin.rest)->is_sparse()) {
        ++begin.rest;
    }
    int32_t next = begin.rest;
    const KnownSampler *sampler = known(next);
    if (sampler != nullptr && sampler->kind == KnownSampler::Kind::temperature) {
        begin.temperature = sampler->parameters.number;
        sampler = known(++next);
    }
    if (sampler == nullptr) {
        const llama_sampler *last = at(next);
        if (last != nullptr && next == begin.rest && !all_candidates &&
            std::strcmp(llama_sampler_name(last), "greedy") == 0) {
            begin.way = Way::greedy;
        }
    } else if (sampler->kind == KnownSampler::Kind::top_k && sampler->parameters.count < std::min(max_k, n_tokens)) {
        begin.way = Way::largest;
        begin.k = sampler->parameters.count;
    } else if (sampler->kind == KnownSampler::Kind::min_p) {
        begin.way = Way::near_largest;
        begin.min_p = sampler->parameters.number;
    }
    return begin;
}

// After the edits.
float Selection::largest_left() const {
    return undo.empty() ? row_extent.largest : extent(logits, n_tokens).largest;
}

void Selection::take_found() {
    candidates = {found.data(), found.size(), -1, false};
}

void Selection::find_all() {
    found.resize(n_tokens);
    for (llama_token token = 0; token < n_tokens; ++token) {
        found[token] = {token, logits[token], 0.0f};
    }
    take_found();
}

void Selection::find_largest(int32_t k, float temperature) {
    gather_k_largest(logits, n_tokens, k, heap, found);
    if (k > max_heap_k) {
        // All of the buckets that llama.cpp sorts. A bucket's order depends on all that is in it.
        const int32_t bucket = bucket_of(heap.front() / temperature);
        if (bucket == 0) {
            find_all();
            return;
        }
        const float edge = (bucket - middle_bucket) / buckets_per_unit;
        const float least = edge * temperature;
        gather_from(logits, n_tokens, least - slack * (std::fabs(least) + temperature), found);
    }
    take_found();
}

void Selection::find_near_largest(const Beginning &begin) {
    const float largest = largest_left();
    if (!is_possible(largest)) {
        find_all();
        return;
    }
    const float least = largest + std::log(begin.min_p) * begin.temperature;
    gather_from(logits, n_tokens, least - slack * (std::fabs(largest) + std::fabs(least) + begin.temperature), found);
    take_found();
}

void Selection::find(const Beginning &begin) {
    switch (begin.way) {
    case Way::whole:
        find_all();
        break;
    case Way::greedy: {
        const float largest = largest_left();
        require(is_possible(largest), "the sampler chain rules out every token");
        found.assign(1, {first_with(logits, n_tokens, largest), largest, 0.0f});
        take_found();
        break;
    }
    case Way::largest:
        find_largest(begin.k, begin.temperature);
        break;
    case Way::near_largest:
        find_near_largest(begin);
        break;
    }
}

void Selection::apply_rest(const Beginning &begin) {
    const int32_t length = llama_sampler_chain_n(chain);
    for (int32_t i = begin.rest; i < length; ++i) {
        llama_sampler_apply(llama_sampler_chain_get(chain, i), &candidates);
    }
    require(candidates.selected >= 0 && static_cast<size_t>(candidates.selected) < candidates.size,
            "the sampler chain selected no token");
    require(is_possible(selected().logit), "the sampler chain rules out every token");
}

void Selection::select_among_allowed(llama_sampler *grammar, const Beginning &begin) {
    if (!find_allowed(grammar, begin)) {
        find_all();
        llama_sampler_apply(grammar, &candidates);
        require(std::any_of(found.begin(), found.end(),
                            [](const llama_token_data &candidate) { return is_possible(candidate.logit); }),
                "the grammar allows no further token");
    }
    apply_rest(begin);
}

// Looks for what the chain would keep among the likeliest. False when it may keep others as well.
bool Selection::find_allowed(llama_sampler *grammar, const Beginning &begin) {
    if (begin.way == Way::whole || begin.k > n_checked_first || n_tokens <= n_checked_first) {
        return false;
    }
    gather_k_largest(logits, n_tokens, n_checked_first, heap, found);
    std::partial_sort(found.begin(), found.begin() + n_checked_first, found.end(), likelier);
    found.resize(n_checked_first);
    const float unseen = found.back().logit; // no other token has a larger logit
    take_found();
    llama_sampler_apply(grammar, &candidates);
    found.erase(std::remove_if(found.begin(), found.end(),
                               [](const llama_token_data &candidate) { return !is_possible(candidate.logit); }),
                found.end());
    if (found.empty()) {
        return false;
    }
    if (begin.way == Way::greedy) {
        found.resize(1);
    } else if (begin.way == Way::largest) {
        if (static_cast<int32_t>(found.size()) < begin.k) {
            return false;
        }
        found.resize(begin.k);
    } else {
        const float least = found[0].logit + std::log(begin.min_p) * begin.temperature;
        if (unseen >= least - slack * (std::fabs(found[0].logit) + std::fabs(least) + begin.temperature)) {
            return false;
        }
        std::sort(found.begin(), found.end(),
                  [](const llama_token_data &a, const llama_token_data &b) { return a.id < b.id; });
    }
    take_found();
    return true;
}

} // namespace corral
