// Text to tokens and back.

#include "corral.h"
#include "error.hpp"

#include <limits>

using namespace corral;

namespace {

// llama.cpp answers with the negative of what it needs when a buffer is too small.
int32_t count_of(int32_t result) {
    if (result == std::numeric_limits<int32_t>::min()) {
        throw failure(CORRAL_FAILED, "the result is longer than 2^31");
    }
    return result < 0 ? -result : result;
}

void require_text(const llama_vocab *vocab) {
    require(vocab != nullptr, "vocab is NULL");
    require(llama_vocab_type(vocab) != LLAMA_VOCAB_TYPE_NONE, "the model has no vocabulary");
}

void require_token(const llama_vocab *vocab, llama_token token) {
    const int32_t n_tokens = llama_vocab_n_tokens(vocab);
    if (token < 0 || token >= n_tokens) {
        refuse("token " + std::to_string(token) + " is not in the vocabulary of " + std::to_string(n_tokens));
    }
}

void require_buffer(const void *buffer, int32_t capacity) {
    require(capacity >= 0, "capacity is negative");
    require(capacity == 0 || buffer != nullptr, "the buffer is NULL");
}

} // namespace

int32_t corral_tokenize(const llama_vocab *vocab, const char *text, int32_t length, bool add_special,
                        bool parse_special, llama_token *tokens, int32_t capacity, int32_t *count,
                        corral_error *error) {
    return guard(error, CORRAL_FAILED, [&] {
        require_text(vocab);
        require(length >= 0, "length is negative");
        require(length == 0 || text != nullptr, "text is NULL");
        require_buffer(tokens, capacity);
        require(count != nullptr, "count is NULL");
        *count = count_of(llama_tokenize(vocab, length == 0 ? "" : text, length, tokens, capacity, add_special,
                                         parse_special));
    });
}

int32_t corral_piece(const llama_vocab *vocab, llama_token token, bool special, char *bytes, int32_t capacity,
                     int32_t *count, corral_error *error) {
    return guard(error, CORRAL_FAILED, [&] {
        require_text(vocab);
        require_token(vocab, token);
        require_buffer(bytes, capacity);
        require(count != nullptr, "count is NULL");
        *count = count_of(llama_token_to_piece(vocab, token, bytes, capacity, 0, special));
    });
}

int32_t corral_detokenize(const llama_vocab *vocab, const llama_token *tokens, int32_t n_tokens, bool remove_special,
                          bool unparse_special, char *bytes, int32_t capacity, int32_t *count, corral_error *error) {
    return guard(error, CORRAL_FAILED, [&] {
        require_text(vocab);
        require(n_tokens >= 0, "n_tokens is negative");
        require(n_tokens == 0 || tokens != nullptr, "tokens is NULL");
        for (int32_t i = 0; i < n_tokens; ++i) {
            require_token(vocab, tokens[i]);
        }
        require_buffer(bytes, capacity);
        require(count != nullptr, "count is NULL");
        *count = count_of(
            llama_detokenize(vocab, tokens, n_tokens, bytes, capacity, remove_special, unparse_special));
    });
}
