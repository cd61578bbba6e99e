// What corral_sample selects is what llama.cpp's own samplers select, whatever the row, the chain and its parameters.

#include "check.hpp"
#include "model.hpp"

#include <cmath>
#include <cstring>
#include <random>

using namespace corral_test;

namespace {

constexpr int32_t n_top = 60;

// The same chain twice: of Corral's samplers and of llama.cpp's.
struct chains {
    sampler ours{llama_sampler_chain_init(llama_sampler_chain_default_params())};
    sampler theirs{llama_sampler_chain_init(llama_sampler_chain_default_params())};
    std::string description;

    void add(const std::string &name, llama_sampler *our, llama_sampler *their) {
        llama_sampler_chain_add(ours.get(), our);
        llama_sampler_chain_add(theirs.get(), their);
        description += " " + name;
    }

    void accept(llama_token token) {
        llama_sampler_accept(ours.get(), token);
        llama_sampler_accept(theirs.get(), token);
    }
};

class random_choices {
  public:
    explicit random_choices(uint32_t seed) : engine(seed) {}

    float number(float from, float to) { return std::uniform_real_distribution<float>(from, to)(engine); }
    int32_t below(int32_t n) { return std::uniform_int_distribution<int32_t>(0, n - 1)(engine); }
    bool chance(double p) { return std::bernoulli_distribution(p)(engine); }

    std::mt19937 engine;
};

void fill(random_choices &random, float *row, int32_t n) {
    const int kind = random.below(6);
    std::normal_distribution<float> normal(random.number(-15, 15), random.number(0.2f, 6));
    for (int32_t i = 0; i < n; ++i) {
        row[i] = normal(random.engine);
        if (kind == 1) {
            row[i] = std::round(row[i] * 2) / 2; // many alike
        } else if (kind == 2 && !random.chance(0.001)) {
            row[i] = -INFINITY;
        } else if (kind == 3) {
            row[i] += i * 1e-3f; // ever larger
        } else if (kind == 4) {
            row[i] -= i * 1e-3f;
        }
    }
    if (kind == 5) {
        row[random.below(n)] += 30;
    }
    row[random.below(n)] += 1000 * (row[0] == -INFINITY); // at least one is possible
    row[n - 1] = 1;
}

void add_edits(random_choices &random, chains &chains, int32_t n) {
    if (random.chance(0.5)) {
        std::vector<llama_logit_bias> biases(1 + random.below(20));
        for (size_t i = 0; i < biases.size(); ++i) {
            biases[i] = {static_cast<llama_token>(i * 977 % n), random.chance(0.3) ? -INFINITY : random.number(-20, 20)};
        }
        const auto count = static_cast<int32_t>(biases.size());
        chains.add("bias", corral_sampler_logit_bias(n, count, biases.data()),
                   llama_sampler_init_logit_bias(n, count, biases.data()));
    }
    if (random.chance(0.5)) {
        const int32_t last = 1 + random.below(100);
        const float repeat = random.number(0.5f, 2);
        const float frequency = random.number(-1, 1);
        const float presence = random.number(-1, 1);
        chains.add("penalties", corral_sampler_penalties(n, last, repeat, frequency, presence, LLAMA_TOKEN_NULL),
                   llama_sampler_init_penalties(n, last, repeat, frequency, presence));
    }
    if (random.chance(0.3)) {
        const float multiplier = random.number(0.1f, 3);
        const int32_t allowed = random.below(4);
        const int32_t last = 1 + random.below(100);
        const char *breakers[] = {"\n"};
        const int32_t count = random.chance(0.5) ? 1 : 0;
        chains.add("dry", corral_sampler_dry(vocab(), multiplier, 1.75f, allowed, last, breakers, count),
                   llama_sampler_init_dry(vocab(), multiplier, 1.75f, allowed, last, breakers, count));
    }
}

void add_narrowing(random_choices &random, chains &chains) {
    if (random.chance(0.4)) {
        const float temperature = random.number(0.1f, 3);
        chains.add("temperature", corral_sampler_temperature(temperature, 0, 1),
                   llama_sampler_init_temp_ext(temperature, 0, 1));
    }
    switch (random.below(4)) {
    case 0: {
        const float p = random.number(0.0001f, 1);
        const size_t min_keep = random.below(3);
        chains.add("min_p", corral_sampler_min_p(p, min_keep), llama_sampler_init_min_p(p, min_keep));
        break;
    }
    case 1: {
        const int32_t k = 129 + random.below(2000);
        chains.add("top_k " + std::to_string(k), corral_sampler_top_k(k), llama_sampler_init_top_k(k));
        break;
    }
    default: {
        const int32_t k = 1 + random.below(128);
        chains.add("top_k " + std::to_string(k), corral_sampler_top_k(k), llama_sampler_init_top_k(k));
    }
    }
}

void add_rest(random_choices &random, chains &chains) {
    const auto both = [&](const char *name, auto make) { chains.add(name, make(), make()); };
    const float p = random.number(0.05f, 1);
    const float temperature = random.number(0.1f, 3);
    const uint32_t seed = random.engine();
    if (random.chance(0.3)) {
        both("typical", [=] { return llama_sampler_init_typical(p, 1); });
    }
    if (random.chance(0.4)) {
        both("top_p", [=] { return llama_sampler_init_top_p(p, 1); });
    }
    if (random.chance(0.2)) {
        both("xtc", [=] { return llama_sampler_init_xtc(0.5f, 0.1f, 1, seed); });
    }
    if (random.chance(0.4)) {
        chains.add("temperature", corral_sampler_temperature(temperature, p, 1.5f),
                   llama_sampler_init_temp_ext(temperature, p, 1.5f));
    }
    switch (random.below(4)) {
    case 0:
        both("mirostat-v2", [=] { return llama_sampler_init_mirostat_v2(seed, 3, 0.1f); });
        break;
    case 1:
        both("adaptive-p", [=] { return llama_sampler_init_adaptive_p(p, 0.9f, seed); });
        break;
    default:
        both("dist", [=] { return llama_sampler_init_dist(seed); });
    }
}

struct reference {
    std::vector<llama_token_data> data;
    llama_token token;

    reference(llama_sampler *chain, const std::vector<float> &row) {
        for (size_t i = 0; i < row.size(); ++i) {
            data.push_back({static_cast<llama_token>(i), row[i], 0.0f});
        }
        llama_token_data_array candidates = {data.data(), data.size(), -1, false};
        llama_sampler_apply(chain, &candidates);
        CHECK(candidates.selected >= 0);
        token = candidates.data[candidates.selected].id;
        data.assign(candidates.data, candidates.data + candidates.size);
    }

    double probability(llama_token token) const {
        double sum = 0;
        double own = 0;
        float largest = -INFINITY;
        for (const llama_token_data &candidate : data) {
            largest = std::max(largest, candidate.logit);
        }
        for (const llama_token_data &candidate : data) {
            sum += std::exp(double{candidate.logit} - largest);
            own += candidate.id == token ? std::exp(double{candidate.logit} - largest) : 0;
        }
        return own / sum;
    }
};

void compare(random_choices &random, const decoded &decoded, chains &chains, bool post_sampling) {
    const int32_t n = llama_vocab_n_tokens(vocab());
    float *logits = llama_get_logits_ith(decoded.context.get(), decoded.last());
    fill(random, logits, n);
    const std::vector<float> before(logits, logits + n);
    llama_token tokens[n_top];
    float logprobs[n_top];
    corral_row row = {};
    row.chain = chains.ours.get();
    row.output = decoded.last();
    row.n_top = n_top;
    row.post_sampling = post_sampling;
    row.top_tokens = tokens;
    row.top_logprobs = logprobs;
    CHECK_FOUND(corral_sample(decoded.context.get(), &row, 1) == 0, chains.description + ": " + row.message);
    const reference expected(chains.theirs.get(), before);
    llama_sampler_accept(chains.theirs.get(), expected.token);
    CHECK_FOUND(row.token == expected.token, chains.description);
    CHECK_FOUND(std::memcmp(before.data(), logits, n * sizeof(float)) == 0, chains.description);
    for (int32_t i = 0; i < row.n_top_found && post_sampling; ++i) {
        CHECK_FOUND(std::fabs(std::exp(logprobs[i]) - expected.probability(tokens[i])) < 1e-5, chains.description);
    }
}

} // namespace

TEST("chains that begin with few tokens select what llama.cpp's select") {
    const decoded decoded("Once upon a");
    const int32_t n = llama_vocab_n_tokens(vocab());
    for (uint32_t seed = 0; seed < 300; ++seed) {
        random_choices random(seed);
        chains chains;
        chains.description = "seed " + std::to_string(seed) + ":";
        add_edits(random, chains, n);
        add_narrowing(random, chains);
        add_rest(random, chains);
        for (int i = random.below(150); i > 0; --i) {
            chains.accept(random.chance(0.5) ? random.below(n) : 100 + random.below(5));
        }
        for (int i = 0; i < 6; ++i) {
            compare(random, decoded, chains, random.chance(0.5));
        }
    }
}

TEST("a greedy choice is the first of the largest") {
    const decoded decoded("Once upon a");
    const int32_t n = llama_vocab_n_tokens(vocab());
    for (uint32_t seed = 1000; seed < 1200; ++seed) {
        random_choices random(seed);
        chains chains;
        chains.description = "seed " + std::to_string(seed) + ":";
        add_edits(random, chains, n);
        if (random.chance(0.3)) {
            chains.add("temperature", corral_sampler_temperature(0.7f, 0, 1), llama_sampler_init_temp(0.7f));
        }
        chains.add("greedy", llama_sampler_init_greedy(), llama_sampler_init_greedy());
        compare(random, decoded, chains, random.chance(0.5));
        compare(random, decoded, chains, false);
    }
}

TEST("a copy of a chain goes on alike") {
    const decoded decoded("Once upon a");
    random_choices random(7);
    chains chains;
    add_edits(random, chains, llama_vocab_n_tokens(vocab()));
    chains.add("penalties", corral_sampler_penalties(llama_vocab_n_tokens(vocab()), 8, 1.3f, 0.1f, 0.1f, LLAMA_TOKEN_NULL),
               llama_sampler_init_penalties(llama_vocab_n_tokens(vocab()), 8, 1.3f, 0.1f, 0.1f));
    chains.add("top_k", corral_sampler_top_k(40), llama_sampler_init_top_k(40));
    chains.add("dist", llama_sampler_init_dist(5), llama_sampler_init_dist(5));
    for (llama_token token = 0; token < 20; ++token) {
        chains.accept(token);
    }
    compare(random, decoded, chains, true);
    chains.ours.reset(llama_sampler_clone(chains.ours.get()));
    for (int i = 0; i < 20; ++i) {
        compare(random, decoded, chains, true);
    }
    llama_sampler_reset(chains.ours.get());
    llama_sampler_reset(chains.theirs.get());
    compare(random, decoded, chains, true);
}

TEST("the model's own log-probabilities are those of a direct computation") {
    const decoded decoded("Once upon a");
    const sampler chain = greedy();
    const int32_t n = llama_vocab_n_tokens(vocab());
    float *logits = llama_get_logits_ith(decoded.context.get(), decoded.last());
    for (uint32_t seed = 0; seed < 50; ++seed) {
        random_choices random(seed);
        fill(random, logits, n);
        double largest = -INFINITY;
        for (int32_t i = 0; i < n; ++i) {
            largest = std::max(largest, double{logits[i]});
        }
        double sum = 0;
        for (int32_t i = 0; i < n; ++i) {
            sum += std::exp(logits[i] - largest);
        }
        llama_token tokens[n_top];
        float logprobs[n_top];
        corral_row row = {};
        row.chain = chain.get();
        row.output = decoded.last();
        row.n_top = n_top;
        row.top_tokens = tokens;
        row.top_logprobs = logprobs;
        CHECK_FOUND(corral_sample(decoded.context.get(), &row, 1) == 0, row.message);
        CHECK(row.n_top_found == n_top && row.token == tokens[0]);
        for (int32_t i = 0; i < n_top; ++i) {
            const double expected = logits[tokens[i]] - largest - std::log(sum);
            CHECK(logprobs[i] == expected || std::fabs(logprobs[i] - expected) < 2e-5 + 2e-7 * std::fabs(expected));
        }
    }
}
