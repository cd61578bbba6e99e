// How a token is selected from a row of logits by a chain, and by a grammar where there is one.
//
// llama.cpp's chains work on an array of all tokens of the vocabulary. Most chains look at few of them: a penalty changes
// the tokens that were seen, and then k, or those near the largest, are kept. Where a chain begins so, those few are found
// in the row itself and only they go through the rest of it. What is selected, and from which candidates with which
// probabilities, is the same; where that can't be, the whole array is made.
#pragma once

#include "corral.h"
#include "row_scan.hpp"
#include "samplers.hpp"

namespace corral {

// Used by one thread at a time; keeps its memory, so that after the first rows nothing is allocated.
class Selection {
  public:
    // Selects from a row, whose logits are the same again afterwards. `all_candidates`: what is left is looked at, so that
    // a greedy choice must leave all.
    void select(llama_sampler *chain, llama_sampler *grammar, float *logits, int32_t n_tokens, bool all_candidates);

    const llama_token_data &selected() const { return candidates.data[candidates.selected]; }

    // What the chain left.
    const llama_token_data_array &left() const { return candidates; }

    // Of the row.
    float largest() const { return row_extent.largest; }

  private:
    enum class Way { whole, greedy, largest, near_largest };

    // How a chain begins, and from where on it is applied to what was found.
    struct Beginning {
        Way way;
        int32_t rest; // the first sampler after those that are sparse
        float temperature;
        int32_t k;
        float min_p;
    };

    llama_sampler *chain = nullptr;
    float *logits = nullptr;
    int32_t n_tokens = 0;
    Extent row_extent = {};
    std::vector<llama_logit_bias> undo;
    std::vector<llama_token_data> found;
    std::vector<float> heap;
    llama_token_data_array candidates = {};

    Beginning beginning(bool all_candidates) const;
    void select_among_allowed(llama_sampler *grammar, const Beginning &begin);
    bool find_allowed(llama_sampler *grammar, const Beginning &begin);
    void find(const Beginning &begin);
    void find_largest(int32_t k, float temperature);
    void find_near_largest(const Beginning &begin);
    float largest_left() const;
    void find_all();
    void apply_rest(const Beginning &begin);
    void take_found();
};

} // namespace corral
