// Passes over a row of logits, written so that compilers make SIMD code of them.
#pragma once

#include "corral.h"

#include <vector>

namespace corral {

struct Extent {
    float largest;
    bool numbers; // no NaN, no positive infinity
};

Extent extent(const float *logits, int32_t n);

// The first token with that logit, which there must be.
llama_token first_with(const float *logits, int32_t n, float logit);

// log(exp(logits[0]) + … + exp(logits[n - 1])), given the largest. Good to 1e-6.
double log_sum_exp(const float *logits, int32_t n, float largest);

// Candidates for the k largest, k ≤ n, in the order of the row: its first k tokens, and of the others each that is
// larger than the k-th largest before it. A heap that selects k of a whole row changes at no other token, so that
// selecting from these gives the same, ties included. `largest` is left with the k largest as a heap, smallest first.
void gather_k_largest(const float *logits, int32_t n, int32_t k, std::vector<float> &largest,
                      std::vector<llama_token_data> &candidates);

// Candidates with at least that logit, in the order of the row.
void gather_from(const float *logits, int32_t n, float least, std::vector<llama_token_data> &candidates);

} // namespace corral
