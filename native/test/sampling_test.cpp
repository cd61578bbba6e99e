#include "check.hpp"
#include "model.hpp"

#include <cmath>

using namespace corral_test;

namespace {

struct row_with_top {
    std::vector<llama_token> tokens;
    std::vector<float> logprobs;
    corral_row row = {};

    row_with_top(llama_sampler *chain, int32_t output, int32_t n_top) : tokens(n_top), logprobs(n_top) {
        row.chain = chain;
        row.output = output;
        row.n_top = n_top;
        row.top_tokens = tokens.data();
        row.top_logprobs = logprobs.data();
    }

    void sample(const decoded &decoded) {
        CHECK_FOUND(corral_sample(decoded.context.get(), &row, 1) == 0, row.message);
        CHECK(row.code == CORRAL_OK);
    }

    void check_order() const {
        for (int32_t i = 1; i < row.n_top_found; ++i) {
            CHECK(logprobs[i - 1] >= logprobs[i]);
        }
    }

    double sum() const {
        double sum = 0;
        for (int32_t i = 0; i < row.n_top_found; ++i) {
            sum += std::exp(logprobs[i]);
        }
        return sum;
    }
};

corral_row failed_row(const decoded &decoded, corral_row row) {
    CHECK(corral_sample(decoded.context.get(), &row, 1) == 1);
    CHECK(row.code != CORRAL_OK);
    CHECK(row.message[0] != '\0');
    return row;
}

} // namespace

TEST("greedy sampling continues a text") {
    decoded decoded("The capital of France is");
    const sampler chain = greedy();
    std::string text;
    int32_t output = decoded.last();
    for (int i = 0; i < 4; ++i) {
        row_with_top row(chain.get(), output, 0);
        row.sample(decoded);
        CHECK(std::isnan(row.row.logprob) && row.row.n_top_found == 0);
        text += piece(row.row.token);
        decoded.decode(row.row.token);
        output = 0;
    }
    CHECK_FOUND(text.find("Paris") != std::string::npos, text);
}

TEST("the log-probabilities of all tokens are a distribution, likeliest first") {
    const decoded decoded("Once upon a");
    const sampler chain = greedy();
    const int32_t n_tokens = llama_vocab_n_tokens(vocab());
    row_with_top row(chain.get(), decoded.last(), n_tokens);
    row.sample(decoded);
    CHECK(row.row.n_top_found == n_tokens);
    row.check_order();
    CHECK_FOUND(std::fabs(row.sum() - 1) < 1e-4, std::to_string(row.sum()));
    CHECK(row.tokens[0] == row.row.token && row.logprobs[0] == row.row.logprob);
}

TEST("the top few are the first of all") {
    const decoded decoded("Once upon a");
    const sampler chain = greedy();
    row_with_top all(chain.get(), decoded.last(), llama_vocab_n_tokens(vocab()));
    row_with_top few(chain.get(), decoded.last(), 5);
    all.sample(decoded);
    few.sample(decoded);
    CHECK(few.row.n_top_found == 5);
    for (int i = 0; i < 5; ++i) {
        CHECK(few.tokens[i] == all.tokens[i] && few.logprobs[i] == all.logprobs[i]);
    }
}

TEST("after sampling, probabilities are those of what the chain left") {
    const decoded decoded("Once upon a");
    const sampler chain = temperature(1.5f, 42);
    row_with_top row(chain.get(), decoded.last(), 100);
    row.row.post_sampling = true;
    row.sample(decoded);
    CHECK(row.row.n_top_found == 40);
    row.check_order();
    CHECK_FOUND(std::fabs(row.sum() - 1) < 1e-4, std::to_string(row.sum()));

    const sampler cold = temperature(0.0f, 42);
    row_with_top certain(cold.get(), decoded.last(), 10);
    certain.row.post_sampling = true;
    certain.sample(decoded);
    CHECK(certain.row.n_top_found == 1 && certain.row.logprob == 0.0f);
}

TEST("a seed repeats") {
    const decoded decoded("Once upon a");
    std::vector<llama_token> tokens[2];
    for (auto &sequence : tokens) {
        const sampler chain = temperature(2.0f, 7);
        for (int i = 0; i < 10; ++i) {
            row_with_top row(chain.get(), decoded.last(), 0);
            row.sample(decoded);
            sequence.push_back(row.row.token);
        }
    }
    CHECK(tokens[0] == tokens[1]);
    CHECK(tokens[0] != std::vector<llama_token>(10, tokens[0][0]));
}

TEST("a grammar decides what is sampled, and when it is complete only the end is left") {
    decoded decoded("Is the sky blue? Answer:");
    const sampler chain = greedy();
    llama_sampler *grammar = nullptr;
    CHECK(corral_grammar_create(vocab(), "root ::= \"yes\" | \"no\"", "root", false, nullptr, 0, nullptr, 0, &grammar,
                                nullptr) == CORRAL_OK);
    const sampler owned(grammar);
    std::string text;
    int32_t output = decoded.last();
    for (int i = 0; i < 8; ++i) {
        row_with_top row(chain.get(), output, 3);
        row.row.grammar = grammar;
        row.sample(decoded);
        if (llama_vocab_is_eog(vocab(), row.row.token)) {
            break;
        }
        text += piece(row.row.token);
        decoded.decode(row.row.token);
        output = 0;
    }
    CHECK_FOUND(text == "yes" || text == "no", text);
}

TEST("a failed row says why and leaves the others alone") {
    const decoded decoded("Once upon a");
    const sampler chain = greedy();
    const sampler empty(llama_sampler_chain_init(llama_sampler_chain_default_params()));
    corral_row rows[4] = {};
    for (corral_row &row : rows) {
        row.chain = chain.get();
        row.output = decoded.last();
    }
    rows[0].output = 9999;
    rows[1].chain = empty.get();
    rows[2].chain = nullptr;
    CHECK(corral_sample(decoded.context.get(), rows, 4) == 3);
    CHECK(rows[0].code == CORRAL_INVALID_ARGUMENT && rows[1].code == CORRAL_INVALID_ARGUMENT);
    CHECK(rows[2].code == CORRAL_INVALID_ARGUMENT && rows[3].code == CORRAL_OK);
    CHECK_FOUND(std::string(rows[0].message).find("9999") != std::string::npos, rows[0].message);
}

TEST("when bias rules out every token the row fails") {
    const decoded decoded("Once upon a");
    const int32_t n_tokens = llama_vocab_n_tokens(vocab());
    std::vector<llama_logit_bias> nothing(n_tokens);
    for (llama_token token = 0; token < n_tokens; ++token) {
        nothing[token] = {token, -INFINITY};
    }
    for (llama_sampler *last : {llama_sampler_init_greedy(), llama_sampler_init_dist(1)}) {
        const sampler chain(llama_sampler_chain_init(llama_sampler_chain_default_params()));
        llama_sampler_chain_add(chain.get(), llama_sampler_init_logit_bias(n_tokens, n_tokens, nothing.data()));
        llama_sampler_chain_add(chain.get(), last);
        corral_row row = {};
        row.chain = chain.get();
        row.output = decoded.last();
        CHECK(failed_row(decoded, row).code == CORRAL_INVALID_ARGUMENT);
    }
}

TEST("batches that llama.cpp would assert on are refused") {
    const decoded decoded("Once");
    std::vector<llama_token> tokens(65, 1);
    corral_error error = {};
    llama_batch batch = llama_batch_get_one(tokens.data(), 65);
    CHECK(corral_decode(decoded.context.get(), &batch, &error) == CORRAL_INVALID_ARGUMENT);
    CHECK_FOUND(std::string(error.message).find("n_batch") != std::string::npos, error.message);
    batch = llama_batch_get_one(tokens.data(), 0);
    CHECK(corral_decode(decoded.context.get(), &batch, &error) == CORRAL_INVALID_ARGUMENT);
    batch = llama_batch_get_one(nullptr, 1);
    CHECK(corral_decode(decoded.context.get(), &batch, &error) == CORRAL_INVALID_ARGUMENT);
    tokens[0] = llama_vocab_n_tokens(vocab());
    batch = llama_batch_get_one(tokens.data(), 1);
    CHECK(corral_decode(decoded.context.get(), &batch, &error) == CORRAL_INVALID_ARGUMENT);
}

TEST("a full KV cache is told apart") {
    const decoded decoded("Once");
    std::vector<llama_token> tokens(64, 1);
    const llama_batch batch = llama_batch_get_one(tokens.data(), 64);
    int32_t code = CORRAL_OK;
    for (int i = 0; i < 5 && code == CORRAL_OK; ++i) {
        code = corral_decode(decoded.context.get(), &batch, nullptr);
    }
    CHECK_FOUND(code == CORRAL_NO_SPACE, std::to_string(code));
}
