#include "samplers.hpp"

#include <algorithm>

namespace corral {

EditedRow::EditedRow(float *logits, int32_t size, std::vector<llama_logit_bias> &undo)
    : logits(logits), size(size), undo(undo) {
    undo.clear();
}

EditedRow::~EditedRow() {
    for (auto change = undo.rbegin(); change != undo.rend(); ++change) {
        logits[change->token] = change->bias;
    }
}

void EditedRow::set(llama_token token, float logit) {
    undo.push_back({token, logits[token]});
    logits[token] = logit;
}

KnownSampler *KnownSampler::of(const llama_sampler *sampler) {
    return sampler->iface == &interface() ? static_cast<KnownSampler *>(sampler->ctx) : nullptr;
}

llama_sampler *KnownSampler::create(Kind kind, sampler_ptr original, Parameters parameters) {
    return sampler_of(std::unique_ptr<KnownSampler>(new KnownSampler(kind, parameters, std::move(original))));
}

llama_sampler *KnownSampler::logit_bias(sampler_ptr original, const llama_logit_bias *biases, int32_t n_biases) {
    std::unique_ptr<KnownSampler> known(new KnownSampler(Kind::logit_bias, {}, std::move(original)));
    known->biases.assign(biases, biases + n_biases);
    return sampler_of(std::move(known));
}

llama_sampler *KnownSampler::looking_back(Kind kind, sampler_ptr original, int32_t n_vocab, int32_t last_n,
                                          llama_token spared) {
    std::unique_ptr<KnownSampler> known(new KnownSampler(kind, {}, std::move(original)));
    known->spared = spared;
    known->window.resize(last_n);
    known->marks.resize((static_cast<size_t>(n_vocab) + 63) / 64);
    return sampler_of(std::move(known));
}

void KnownSampler::edit(EditedRow &row) {
    for (const llama_logit_bias &bias : biases) {
        if (row.has(bias.token)) {
            row.set(bias.token, row[bias.token] + bias.bias);
        }
    }
    if (window_size == 0) {
        return;
    }
    find_seen(row);
    llama_token_data_array candidates = {seen.data(), seen.size(), -1, false};
    llama_sampler_apply(original.get(), &candidates);
    for (const llama_token_data &token : seen) {
        if (token.logit != row[token.id]) {
            row.set(token.id, token.logit);
        }
    }
}

// Each token of the window once.
void KnownSampler::find_seen(const EditedRow &row) {
    seen.clear();
    for (size_t i = 0; i < window_size; ++i) {
        const llama_token token = window[i];
        if (row.has(token) && (marks[token / 64] >> (token % 64) & 1) == 0) {
            marks[token / 64] |= uint64_t{1} << (token % 64);
            seen.push_back({token, row[token], 0.0f});
        }
    }
    for (const llama_token_data &token : seen) {
        marks[token.id / 64] = 0;
    }
}

void KnownSampler::accept(llama_token token) {
    if (spared != LLAMA_TOKEN_NULL && token == spared) {
        return;
    }
    llama_sampler_accept(original.get(), token);
    if (!window.empty()) {
        window[next] = token;
        next = (next + 1) % window.size();
        window_size = std::min(window_size + 1, window.size());
    }
}

void KnownSampler::reset() {
    llama_sampler_reset(original.get());
    window_size = next = 0;
}

llama_sampler *KnownSampler::clone() const {
    std::unique_ptr<KnownSampler> copy(
        new KnownSampler(kind, parameters, sampler_ptr(llama_sampler_clone(original.get()))));
    copy->biases = biases;
    copy->window = window;
    copy->window_size = window_size;
    copy->next = next;
    copy->spared = spared;
    copy->marks = marks;
    return sampler_of(std::move(copy));
}

const llama_sampler_i &KnownSampler::interface() {
    static const llama_sampler_i functions = [] {
        llama_sampler_i i = {};
        i.name = [](const llama_sampler *sampler) { return llama_sampler_name(of(sampler)->original.get()); };
        i.accept = [](llama_sampler *sampler, llama_token token) { of(sampler)->accept(token); };
        i.apply = [](llama_sampler *sampler, llama_token_data_array *candidates) {
            llama_sampler_apply(of(sampler)->original.get(), candidates);
        };
        i.reset = [](llama_sampler *sampler) { of(sampler)->reset(); };
        i.clone = [](const llama_sampler *sampler) { return of(sampler)->clone(); };
        i.free = [](llama_sampler *sampler) { delete of(sampler); };
        return i;
    }();
    return functions;
}

llama_sampler *KnownSampler::sampler_of(std::unique_ptr<KnownSampler> known) {
    llama_sampler *sampler = llama_sampler_init(const_cast<llama_sampler_i *>(&interface()), known.get());
    known.release();
    return sampler;
}

} // namespace corral

using namespace corral;

namespace {

template <typename Make> llama_sampler *sampler_or_null(Make &&make) noexcept {
    try {
        return make();
    } catch (...) {
        return nullptr;
    }
}

llama_sampler *known(KnownSampler::Kind kind, llama_sampler *original, KnownSampler::Parameters parameters) {
    return KnownSampler::create(kind, sampler_ptr(original), parameters);
}

} // namespace

using Kind = KnownSampler::Kind;

llama_sampler *corral_sampler_logit_bias(int32_t n_vocab, int32_t n_biases, const llama_logit_bias *biases) {
    return sampler_or_null([&] {
        return KnownSampler::logit_bias(sampler_ptr(llama_sampler_init_logit_bias(n_vocab, n_biases, biases)), biases,
                                        n_biases);
    });
}

llama_sampler *corral_sampler_penalties(int32_t n_vocab, int32_t last_n, float repeat, float frequency,
                                        float presence, llama_token spared) {
    return sampler_or_null([&] {
        return KnownSampler::looking_back(
            Kind::penalties,
            sampler_ptr(llama_sampler_init_penalties(n_vocab, last_n, repeat, frequency, presence)), n_vocab,
            std::max(last_n, 0), spared);
    });
}

llama_sampler *corral_sampler_dry(const llama_vocab *vocab, float multiplier, float base, int32_t allowed_length,
                                  int32_t last_n, const char **breakers, int32_t n_breakers) {
    return sampler_or_null([&] {
        return KnownSampler::looking_back(
            Kind::dry,
            sampler_ptr(
                llama_sampler_init_dry(vocab, multiplier, base, allowed_length, last_n, breakers, n_breakers)),
            llama_vocab_n_tokens(vocab), std::max(last_n, 0));
    });
}

llama_sampler *corral_sampler_temperature(float value, float range, float exponent) {
    return sampler_or_null([&] {
        llama_sampler *original = llama_sampler_init_temp_ext(value, range, exponent);
        // A temperature that depends on all logits, or that leaves one token, is none to see past.
        return range > 0 || value <= 0 ? original : known(Kind::temperature, original, {value, 0});
    });
}

llama_sampler *corral_sampler_top_k(int32_t k) {
    return sampler_or_null([&] {
        llama_sampler *original = llama_sampler_init_top_k(k);
        return k > 0 ? known(Kind::top_k, original, {0, k}) : original;
    });
}

llama_sampler *corral_sampler_min_p(float p, size_t min_keep) {
    return sampler_or_null([&] {
        llama_sampler *original = llama_sampler_init_min_p(p, min_keep);
        return p > 0 && min_keep <= 1 ? known(Kind::min_p, original, {p, 1}) : original;
    });
}
