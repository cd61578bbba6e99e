// One token for each output row of a decode, and how likely it was.

#include "corral.h"
#include "error.hpp"
#include "logprobs.hpp"
#include "selection.hpp"

#include <limits>

using namespace corral;

namespace {

// Reused by every row of a thread: after the first rows nothing here is allocated.
thread_local Selection selection;
thread_local Logprobs logprobs;

void require_row(const llama_context *context, const corral_row &row) {
    require(context != nullptr, "context is NULL");
    require(row.chain != nullptr, "the row has no sampler chain");
    require(llama_sampler_chain_get(row.chain, -1) != nullptr, "the row's sampler is not a chain");
    require(row.n_top >= 0, "n_top is negative");
    require(row.n_top == 0 || (row.top_tokens != nullptr && row.top_logprobs != nullptr), "the row has no top buffers");
}

void report(corral_row &row, const float *logits, int32_t n_tokens) {
    if (row.post_sampling) {
        logprobs.rank_candidates(selection.left(), row.n_top);
    } else {
        logprobs.rank_row(logits, n_tokens, selection.largest(), row.n_top);
    }
    row.logprob = logprobs.of(row.post_sampling ? selection.selected().logit : logits[row.token]);
    for (const llama_token_data &likely : logprobs.likeliest()) {
        row.top_tokens[row.n_top_found] = likely.id;
        row.top_logprobs[row.n_top_found] = logprobs.of(likely.logit);
        ++row.n_top_found;
    }
}

void sample(llama_context *context, corral_row &row) {
    require_row(context, row);
    float *logits = llama_get_logits_ith(context, row.output);
    if (logits == nullptr) {
        refuse("no logits were computed at " + std::to_string(row.output));
    }
    const int32_t n_tokens = llama_vocab_n_tokens(llama_model_get_vocab(llama_get_model(context)));
    selection.select(row.chain, row.grammar, logits, n_tokens, row.n_top > 0 && row.post_sampling);
    const llama_token token = selection.selected().id;
    if (row.grammar != nullptr) {
        llama_sampler_accept(row.grammar, token);
    }
    llama_sampler_accept(row.chain, token);

    row.token = token;
    row.logprob = std::numeric_limits<float>::quiet_NaN();
    row.n_top_found = 0;
    if (row.n_top > 0) {
        report(row, logits, n_tokens);
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
