// Running the model. What llama.cpp asserts of a batch is checked here, where it can still be refused.

#include "corral.h"
#include "decoding.hpp"
#include "error.hpp"

using namespace corral;

namespace {

void require_batch(const llama_context *context, const llama_batch *batch, bool whole_in_one) {
    require(context != nullptr, "context is NULL");
    require(batch != nullptr, "batch is NULL");
    require(batch->n_tokens > 0, "the batch is empty");
    require(batch->token != nullptr || batch->embd != nullptr, "the batch has neither tokens nor embeddings");

    const uint32_t limit = whole_in_one ? llama_n_ubatch(context) : llama_n_batch(context);
    if (static_cast<uint32_t>(batch->n_tokens) > limit) {
        refuse("the batch has " + std::to_string(batch->n_tokens) + " tokens, the context takes " +
               std::to_string(limit) + " at once (" + (whole_in_one ? "n_ubatch" : "n_batch") + ")");
    }
    if (batch->seq_id != nullptr) {
        require(batch->n_seq_id != nullptr, "the batch has seq_id but no n_seq_id");
        for (int32_t i = 0; i < batch->n_tokens; ++i) {
            require(batch->n_seq_id[i] > 0, "a token of the batch belongs to no sequence");
        }
    }
}

} // namespace

int32_t corral_decode(llama_context *context, const llama_batch *batch, corral_error *error) {
    return guard(error, CORRAL_FAILED, [&] {
        // A context without a memory is that of an encoder, which llama_decode hands the batch to in one piece.
        require_batch(context, batch, context != nullptr && llama_get_memory(context) == nullptr);
        check_decoded(llama_decode(context, *batch));
    });
}

int32_t corral_encode(llama_context *context, const llama_batch *batch, corral_error *error) {
    return guard(error, CORRAL_FAILED, [&] {
        require_batch(context, batch, true);
        check_decoded(llama_encode(context, *batch));
    });
}

bool corral_is_raised(void *flag) {
    return __atomic_load_n(static_cast<const int32_t *>(flag), __ATOMIC_RELAXED) != 0;
}
