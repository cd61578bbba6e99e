#include "check.hpp"
#include "model.hpp"

#include <algorithm>
#include <cmath>

using namespace corral_test;

namespace {

struct scored {
    std::vector<llama_token> tokens;
    std::vector<double> logprobs;
    corral_score row = {};

    scored(int32_t output, llama_token token, int32_t n_top) : tokens(n_top), logprobs(n_top) {
        row.output = output;
        row.token = token;
        row.n_top = n_top;
        row.top_tokens = tokens.data();
        row.top_logprobs = logprobs.data();
    }
};

// The plain definition, in extended precision.
long double log_total(const float *logits, int32_t n) {
    const long double largest = *std::max_element(logits, logits + n);
    long double sum = 0;
    for (int32_t i = 0; i < n; ++i) {
        sum += std::exp(static_cast<long double>(logits[i]) - largest);
    }
    return largest + std::log(sum);
}

} // namespace

TEST("log-probabilities are those of the definition") {
    decoded decoded("The capital of France is");
    const int32_t n = llama_vocab_n_tokens(vocab());
    const float *logits = llama_get_logits_ith(decoded.context.get(), decoded.last());
    const long double total = log_total(logits, n);
    const llama_token likeliest = static_cast<llama_token>(std::max_element(logits, logits + n) - logits);
    for (const llama_token token : {0, 1, 17, n / 2, n - 1, likeliest}) {
        scored scored(decoded.last(), token, 0);
        CHECK(corral_score_rows(decoded.context.get(), &scored.row, 1) == 0);
        CHECK(std::abs(scored.row.logprob - static_cast<double>(logits[token] - total)) < 1e-9);
        CHECK(scored.row.likeliest == likeliest);
        CHECK(scored.row.n_top_found == 0);
    }
}

TEST("the likeliest tokens come in order, and are the same for each token of a row") {
    decoded decoded("One, two, three,");
    const int32_t n = llama_vocab_n_tokens(vocab());
    scored all(decoded.last(), 5, n);
    CHECK(corral_score_rows(decoded.context.get(), &all.row, 1) == 0);
    CHECK(all.row.n_top_found == n);
    double sum = 0;
    for (int32_t i = 0; i < n; ++i) {
        sum += std::exp(all.logprobs[i]);
        CHECK(i == 0 || all.logprobs[i - 1] >= all.logprobs[i]);
    }
    CHECK(std::abs(sum - 1) < 1e-9);

    scored first(decoded.last(), all.tokens[0], 3);
    scored second(decoded.last(), all.tokens[1], 2);
    corral_score rows[] = {first.row, second.row};
    CHECK(corral_score_rows(decoded.context.get(), rows, 2) == 0);
    CHECK(rows[0].logprob == first.logprobs[0] && rows[1].logprob == first.logprobs[1]);
    CHECK(rows[0].likeliest == all.tokens[0] && rows[1].likeliest == all.tokens[0]);
    CHECK(first.tokens[2] == all.tokens[2]);
    CHECK(rows[1].n_top_found == 2 && second.tokens[0] == all.tokens[0] && second.tokens[1] == all.tokens[1]);
}

TEST("a row that can't be scored fails by itself") {
    decoded decoded("One, two, three,");
    scored no_output(0, 5, 0);
    scored no_token(decoded.last(), llama_vocab_n_tokens(vocab()), 0);
    scored good(decoded.last(), -1, 1);
    corral_score rows[] = {no_output.row, no_token.row, good.row};
    CHECK(corral_score_rows(decoded.context.get(), rows, 3) == 2);
    CHECK(rows[0].code == CORRAL_INVALID_ARGUMENT && rows[1].code == CORRAL_INVALID_ARGUMENT);
    CHECK(rows[2].code == CORRAL_OK && std::isnan(rows[2].logprob) && good.tokens[0] == rows[2].likeliest);
}
