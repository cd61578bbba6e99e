// The likeliest tokens and their log-probabilities.
#pragma once

#include "corral.h"

#include <vector>

namespace corral {

// Used by one thread at a time; keeps its memory.
class Logprobs {
  public:
    // Of the model: of a whole row, given its largest logit.
    void rank_row(const float *logits, int32_t n_tokens, float largest, int32_t n_top);

    // Among what a chain left. What it has ruled out is not among the likeliest.
    void rank_candidates(const llama_token_data_array &candidates, int32_t n_top);

    float of(float logit) const { return static_cast<float>(logit - log_total); }

    // Likeliest first.
    const std::vector<llama_token_data> &likeliest() const { return top; }

  private:
    std::vector<llama_token_data> top;
    std::vector<float> heap;
    double log_total = 0;

    void keep_likeliest(size_t n_top);
};

} // namespace corral
