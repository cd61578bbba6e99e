#include "logprobs.hpp"

#include "row_scan.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace corral {

void Logprobs::rank_row(const float *logits, int32_t n_tokens, float largest, int32_t n_top) {
    log_total = log_sum_exp(logits, n_tokens, largest);
    gather_k_largest(logits, n_tokens, std::min(n_top, n_tokens), heap, top);
    keep_likeliest(n_top);
}

void Logprobs::rank_candidates(const llama_token_data_array &candidates, int32_t n_top) {
    top.assign(candidates.data, candidates.data + candidates.size);
    double largest = -std::numeric_limits<double>::infinity();
    for (const llama_token_data &candidate : top) {
        largest = std::max(largest, static_cast<double>(candidate.logit));
    }
    double sum = 0;
    for (const llama_token_data &candidate : top) {
        sum += std::exp(candidate.logit - largest);
    }
    log_total = largest + std::log(sum);
    keep_likeliest(n_top);
    while (!top.empty() && std::exp(of(top.back().logit)) == 0.0f) {
        top.pop_back();
    }
}

void Logprobs::keep_likeliest(size_t n_top) {
    const size_t n = std::min(n_top, top.size());
    std::partial_sort(top.begin(), top.begin() + n, top.end(), [](const auto &a, const auto &b) {
        return a.logit > b.logit || (a.logit == b.logit && a.id < b.id);
    });
    top.resize(n);
}

} // namespace corral
