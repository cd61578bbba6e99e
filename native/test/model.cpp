#include "model.hpp"

#include "check.hpp"

#include <cstdlib>

namespace corral_test {

namespace {

struct free_model {
    void operator()(llama_model *model) const { llama_model_free(model); }
};

llama_model *load(const char *path) {
    llama_log_set([](ggml_log_level, const char *, void *) {}, nullptr);
    llama_backend_init();
    const char *library = std::getenv("CORRAL_TEST_BACKENDS"); // a portable build loads its backends from a folder
    if (library != nullptr) {
        ggml_backend_load_all_from_path(library);
    }
    llama_model *model = llama_model_load_from_file(path, llama_model_default_params());
    if (model == nullptr) {
        throw failed(std::string("CORRAL_TEST_MODEL=") + path + " cannot be loaded");
    }
    return model;
}

int32_t decode_tokens(llama_context *context, std::vector<llama_token> tokens) {
    const llama_batch batch = llama_batch_get_one(tokens.data(), static_cast<int32_t>(tokens.size()));
    corral_error error = {};
    CHECK_FOUND(corral_decode(context, &batch, &error) == CORRAL_OK, error.message);
    return batch.n_tokens;
}

context create_context() {
    llama_context_params params = llama_context_default_params();
    params.n_ctx = 256;
    params.n_batch = 64;
    params.n_threads = params.n_threads_batch = 1; // threads that wait for one another are slow on a busy machine
    context created(llama_init_from_model(const_cast<llama_model *>(model()), params));
    CHECK(created != nullptr);
    return created;
}

} // namespace

const llama_model *model() {
    const char *path = std::getenv("CORRAL_TEST_MODEL");
    if (path == nullptr || *path == '\0') {
        throw skipped("CORRAL_TEST_MODEL is not set");
    }
    static const std::unique_ptr<llama_model, free_model> loaded(load(path));
    return loaded.get();
}

const llama_vocab *vocab() {
    return llama_model_get_vocab(model());
}

decoded::decoded(const std::string &text)
    : context(create_context()), n_tokens(decode_tokens(context.get(), tokenize(text))) {}

void decoded::decode(llama_token token) {
    decode_tokens(context.get(), {token});
}

sampler greedy() {
    sampler chain(llama_sampler_chain_init(llama_sampler_chain_default_params()));
    llama_sampler_chain_add(chain.get(), llama_sampler_init_greedy());
    return chain;
}

sampler temperature(float temperature, uint32_t seed) {
    sampler chain(llama_sampler_chain_init(llama_sampler_chain_default_params()));
    llama_sampler_chain_add(chain.get(), llama_sampler_init_top_k(40));
    llama_sampler_chain_add(chain.get(), llama_sampler_init_temp(temperature));
    llama_sampler_chain_add(chain.get(), llama_sampler_init_dist(seed));
    return chain;
}

std::vector<llama_token> tokenize(const std::string &text) {
    std::vector<llama_token> tokens(text.size() + 8);
    int32_t count = 0;
    corral_error error = {};
    CHECK_FOUND(corral_tokenize(vocab(), text.data(), static_cast<int32_t>(text.size()), true, true, tokens.data(),
                                static_cast<int32_t>(tokens.size()), &count, &error) == CORRAL_OK,
                error.message);
    tokens.resize(count);
    return tokens;
}

std::string piece(llama_token token) {
    std::string bytes(256, '\0');
    int32_t count = 0;
    corral_error error = {};
    CHECK_FOUND(corral_piece(vocab(), token, true, bytes.data(), 256, &count, &error) == CORRAL_OK, error.message);
    bytes.resize(count);
    return bytes;
}

} // namespace corral_test
