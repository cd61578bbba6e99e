#include "check.hpp"
#include "model.hpp"

using namespace corral_test;

TEST("text survives tokens and back") {
    const std::string text = "Grüße, 世界! 👋 tokens   and spaces";
    const std::vector<llama_token> tokens = tokenize(text);
    CHECK(tokens.size() > 5);

    std::string bytes(256, '\0');
    int32_t count = 0;
    CHECK(corral_detokenize(vocab(), tokens.data(), static_cast<int32_t>(tokens.size()), true, false, bytes.data(), 256,
                            &count, nullptr) == CORRAL_OK);
    bytes.resize(count);
    CHECK_FOUND(bytes == text, bytes);

    std::string pieces;
    for (llama_token token : tokens) {
        pieces += piece(token);
    }
    CHECK_FOUND(pieces == text, pieces);
}

TEST("a buffer too small is told how much there is") {
    const std::string text = "one two three four five";
    const size_t expected = tokenize(text).size();
    llama_token tokens[2];
    int32_t count = 0;
    CHECK(corral_tokenize(vocab(), text.data(), static_cast<int32_t>(text.size()), true, true, tokens, 2, &count,
                          nullptr) == CORRAL_OK);
    CHECK(count == static_cast<int32_t>(expected));
    CHECK(corral_tokenize(vocab(), text.data(), static_cast<int32_t>(text.size()), true, true, nullptr, 0, &count,
                          nullptr) == CORRAL_OK);
    CHECK(count == static_cast<int32_t>(expected));
}

TEST("no text is no tokens") {
    int32_t count = -1;
    CHECK(corral_tokenize(vocab(), nullptr, 0, false, false, nullptr, 0, &count, nullptr) == CORRAL_OK);
    CHECK(count == 0);
}

TEST("a token outside of the vocabulary is refused") {
    const llama_token beyond = llama_vocab_n_tokens(vocab());
    for (llama_token token : {llama_token(-1), beyond, llama_token(INT32_MAX), llama_token(INT32_MIN)}) {
        char bytes[16];
        int32_t count = 42;
        corral_error error = {};
        CHECK(corral_piece(vocab(), token, true, bytes, 16, &count, &error) == CORRAL_INVALID_ARGUMENT);
        CHECK_FOUND(std::string(error.message).find(std::to_string(token)) != std::string::npos, error.message);
        const llama_token tokens[] = {1, token};
        CHECK(corral_detokenize(vocab(), tokens, 2, false, true, bytes, 16, &count, &error) == CORRAL_INVALID_ARGUMENT);
        CHECK(error.code == CORRAL_INVALID_ARGUMENT);
        CHECK(count == 42);
    }
}

TEST("negative lengths and missing arguments are refused") {
    int32_t count = 0;
    CHECK(corral_tokenize(vocab(), "text", -1, false, false, nullptr, 0, &count, nullptr) == CORRAL_INVALID_ARGUMENT);
    CHECK(corral_tokenize(vocab(), "text", 4, false, false, nullptr, 3, &count, nullptr) == CORRAL_INVALID_ARGUMENT);
    CHECK(corral_tokenize(nullptr, "text", 4, false, false, nullptr, 0, &count, nullptr) == CORRAL_INVALID_ARGUMENT);
    CHECK(corral_detokenize(vocab(), nullptr, 3, false, false, nullptr, 0, &count, nullptr) == CORRAL_INVALID_ARGUMENT);
}
