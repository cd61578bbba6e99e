// One token for each output row of a decode, and how likely it was.

#include "corral.h"
#include "error.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace corral;

namespace {

constexpr float impossible = -std::numeric_limits<float>::infinity();

// Reused by every row of a thread: after the first row nothing here is allocated.
thread_local std::vector<llama_token_data> candidate_buffer;
thread_local std::vector<llama_token_data> top_buffer;

bool is_possible(float logit) {
    return logit > impossible;
}

llama_token_data_array all_candidates(const float *logits, int32_t n_tokens) {
    candidate_buffer.resize(n_tokens);
    bool possible = false;
    bool number = true;
    for (llama_token token = 0; token < n_tokens; ++token) {
        const float logit = logits[token];
        possible |= is_possible(logit);
        number &= logit < std::numeric_limits<float>::infinity();
        candidate_buffer[token] = {token, logit, 0.0f};
    }
    if (!number || !possible) {
        throw failure(CORRAL_FAILED, number ? "the model rules out every token" : "the model's logits are not finite");
    }
    return {candidate_buffer.data(), candidate_buffer.size(), -1, false};
}

const llama_token_data &select(llama_sampler *chain, llama_token_data_array &candidates) {
    candidates.selected = -1;
    llama_sampler_apply(chain, &candidates);
    require(candidates.selected >= 0 && static_cast<size_t>(candidates.selected) < candidates.size,
            "the sampler chain selected no token");
    const llama_token_data &selected = candidates.data[candidates.selected];
    require(is_possible(selected.logit), "the sampler chain rules out every token");
    return selected;
}

bool allows(llama_sampler *grammar, llama_token token) {
    llama_token_data candidate = {token, 1.0f, 0.0f};
    llama_token_data_array candidates = {&candidate, 1, -1, false};
    llama_sampler_apply(grammar, &candidates);
    return is_possible(candidate.logit);
}

void keep_allowed(llama_sampler *grammar, llama_token_data_array &candidates) {
    llama_sampler_apply(grammar, &candidates);
    require(std::any_of(candidates.data, candidates.data + candidates.size,
                        [](const llama_token_data &candidate) { return is_possible(candidate.logit); }),
            "the grammar allows no further token");
}

// The logarithm of what the exponentials of logits sum up to. `logit` maps 0 ≤ i < n to a logit.
template <typename Logit> double log_sum(size_t n, Logit &&logit) {
    double largest = impossible;
    for (size_t i = 0; i < n; ++i) {
        largest = std::max(largest, static_cast<double>(logit(i)));
    }
    double sum = 0;
    for (size_t i = 0; i < n; ++i) {
        sum += std::exp(logit(i) - largest);
    }
    return largest + std::log(sum);
}

// Leaves the n_top likeliest candidates in top_buffer, likeliest first. `candidate` maps 0 ≤ i < n to a candidate.
template <typename Candidate> void rank(size_t n, size_t n_top, Candidate &&candidate) {
    const auto likelier = [](const llama_token_data &a, const llama_token_data &b) {
        return a.logit > b.logit || (a.logit == b.logit && a.id < b.id);
    };
    auto &top = top_buffer; // a heap whose front is the least likely
    top.clear();
    for (size_t i = 0; i < n; ++i) {
        const llama_token_data next = candidate(i);
        if (top.size() == n_top) {
            if (!likelier(next, top.front())) {
                continue;
            }
            std::pop_heap(top.begin(), top.end(), likelier);
            top.pop_back();
        }
        top.push_back(next);
        std::push_heap(top.begin(), top.end(), likelier);
    }
    std::sort_heap(top.begin(), top.end(), likelier);
}

// Ranks what the row asks for. Returns the logarithm to subtract from a logit for its token's log-probability.
double rank_raw(const float *logits, int32_t n_tokens, size_t n_top) {
    rank(n_tokens, n_top, [=](size_t i) { return llama_token_data{static_cast<llama_token>(i), logits[i], 0.0f}; });
    return log_sum(n_tokens, [=](size_t i) { return logits[i]; });
}

double rank_remaining(const llama_token_data_array &candidates, size_t n_top) {
    rank(candidates.size, n_top, [&](size_t i) { return candidates.data[i]; });
    const double log_total = log_sum(candidates.size, [&](size_t i) { return candidates.data[i].logit; });
    // What the chain has ruled out is no candidate any more.
    while (!top_buffer.empty() && std::exp(static_cast<float>(top_buffer.back().logit - log_total)) == 0.0f) {
        top_buffer.pop_back();
    }
    return log_total;
}

void require_row(const llama_context *context, const corral_row &row) {
    require(context != nullptr, "context is NULL");
    require(row.chain != nullptr, "the row has no sampler chain");
    require(row.n_top >= 0, "n_top is negative");
    require(row.n_top == 0 || (row.top_tokens != nullptr && row.top_logprobs != nullptr), "the row has no top buffers");
}

void sample(llama_context *context, corral_row &row) {
    require_row(context, row);
    const float *logits = llama_get_logits_ith(context, row.output);
    if (logits == nullptr) {
        refuse("no logits were computed at " + std::to_string(row.output));
    }
    const int32_t n_tokens = llama_vocab_n_tokens(llama_model_get_vocab(llama_get_model(context)));

    // Checking one token against a grammar is cheap, checking a whole vocabulary is not: sample first.
    llama_token_data_array candidates = all_candidates(logits, n_tokens);
    llama_token_data selected = select(row.chain, candidates);
    if (row.grammar != nullptr && !allows(row.grammar, selected.id)) {
        candidates = all_candidates(logits, n_tokens);
        keep_allowed(row.grammar, candidates);
        selected = select(row.chain, candidates);
    }

    double log_total = 0;
    if (row.n_top > 0) {
        log_total = row.post_sampling ? rank_remaining(candidates, row.n_top) : rank_raw(logits, n_tokens, row.n_top);
    }

    if (row.grammar != nullptr) {
        llama_sampler_accept(row.grammar, selected.id);
    }
    llama_sampler_accept(row.chain, selected.id);

    row.token = selected.id;
    row.logprob = std::numeric_limits<float>::quiet_NaN();
    row.n_top_found = 0;
    if (row.n_top > 0) {
        row.logprob = static_cast<float>((row.post_sampling ? selected.logit : logits[selected.id]) - log_total);
        for (const llama_token_data &likely : top_buffer) {
            row.top_tokens[row.n_top_found] = likely.id;
            row.top_logprobs[row.n_top_found] = static_cast<float>(likely.logit - log_total);
            ++row.n_top_found;
        }
    }
}

} // namespace

int32_t corral_sample(llama_context *context, corral_row *rows, int32_t n_rows) {
    int32_t failed = 0;
    for (int32_t i = 0; i < n_rows; ++i) {
        corral_row &row = rows[i];
        corral_error error;
        row.code = guard(&error, CORRAL_FAILED, [&] { sample(context, row); });
        if (row.code != CORRAL_OK) {
            copy_message(error.message, row.message, sizeof row.message);
            ++failed;
        }
    }
    return failed;
}

int32_t corral_accept(llama_sampler *sampler, const llama_token *tokens, int32_t n_tokens, corral_error *error) {
    return guard(error, CORRAL_FAILED, [&] {
        require(sampler != nullptr, "sampler is NULL");
        require(n_tokens <= 0 || tokens != nullptr, "tokens is NULL");
        for (int32_t i = 0; i < n_tokens; ++i) {
            require(tokens[i] >= 0, "a token is negative");
            llama_sampler_accept(sampler, tokens[i]);
        }
    });
}
