// Samplers that can be looked into: llama.cpp's own at work, with their parameters and what they have seen at hand.
#pragma once

#include "corral.h"

#include <memory>
#include <vector>

namespace corral {

struct free_sampler {
    void operator()(llama_sampler *sampler) const { llama_sampler_free(sampler); }
};
using sampler_ptr = std::unique_ptr<llama_sampler, free_sampler>;

// A row of logits that is changed in few places, and is again what it was in the end.
class EditedRow {
  public:
    EditedRow(float *logits, int32_t size, std::vector<llama_logit_bias> &undo);
    ~EditedRow();
    EditedRow(const EditedRow &) = delete;

    float operator[](llama_token token) const { return logits[token]; }
    void set(llama_token token, float logit);
    bool has(llama_token token) const { return token >= 0 && token < size; }

  private:
    float *logits;
    int32_t size;
    std::vector<llama_logit_bias> &undo; // what was there, in the order of the changes
};

// A sampler that corral_sample knows the meaning of. Applied as a llama_sampler it does what llama.cpp's does.
class KnownSampler {
  public:
    enum class Kind { logit_bias, penalties, dry, temperature, top_k, min_p };

    struct Parameters {
        float number = 0; // temperature, p or n
        int32_t count = 0; // k or min_keep
    };

    Kind kind;
    Parameters parameters;

    // The sampler as one of a chain, or nullptr when it is none of these.
    static KnownSampler *of(const llama_sampler *sampler);

    static llama_sampler *logit_bias(sampler_ptr original, const llama_logit_bias *biases, int32_t n_biases);
    // Looks at the last tokens that it was shown, `spared` left out.
    static llama_sampler *looking_back(Kind kind, sampler_ptr original, int32_t n_vocab, int32_t last_n,
                                       llama_token spared = LLAMA_TOKEN_NULL);
    static llama_sampler *create(Kind kind, sampler_ptr original, Parameters parameters);

    // Whether it changes the logits of few tokens only, whatever the logits are.
    bool is_sparse() const { return kind <= Kind::dry; }

    // What a sparse sampler does to a whole row, done where it makes a difference.
    void edit(EditedRow &row);

  private:
    sampler_ptr original;
    std::vector<llama_logit_bias> biases;
    std::vector<llama_token> window; // the last tokens, as a ring
    size_t window_size = 0;
    size_t next = 0;
    llama_token spared = LLAMA_TOKEN_NULL;
    std::vector<uint64_t> marks; // a bit a token; all clear between calls
    std::vector<llama_token_data> seen;

    KnownSampler(Kind kind, Parameters parameters, sampler_ptr original)
        : kind(kind), parameters(parameters), original(std::move(original)) {}

    void accept(llama_token token);
    void reset();
    void find_seen(const EditedRow &row);
    static const llama_sampler_i &interface();
    static llama_sampler *sampler_of(std::unique_ptr<KnownSampler> known);
    llama_sampler *clone() const;
};

} // namespace corral
