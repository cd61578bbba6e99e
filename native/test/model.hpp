// The model that the tests use: the file that CORRAL_TEST_MODEL names, loaded once.
#pragma once

#include "corral.h"

#include <memory>
#include <string>
#include <vector>

namespace corral_test {

// Throws skipped where there is no model.
const llama_model *model();
const llama_vocab *vocab();

struct free_context {
    void operator()(llama_context *context) const { llama_free(context); }
};
using context = std::unique_ptr<llama_context, free_context>;

struct free_sampler {
    void operator()(llama_sampler *sampler) const { llama_sampler_free(sampler); }
};
using sampler = std::unique_ptr<llama_sampler, free_sampler>;

// A context for small batches, in which `text` has been decoded: logits are there at its last token.
struct decoded {
    corral_test::context context;
    int32_t n_tokens;

    explicit decoded(const std::string &text);

    int32_t last() const { return n_tokens - 1; }

    // Decodes one token more; its logits are at 0.
    void decode(llama_token token);
};

sampler greedy();
sampler temperature(float temperature, uint32_t seed);

std::vector<llama_token> tokenize(const std::string &text);
std::string piece(llama_token token);

} // namespace corral_test
