// Tail-free sampling, which llama.cpp had until 2024. The definition is Phénix and Egan's (2019): with the
// probabilities sorted, cut where the curvature, |p[i] - 2 p[i+1] + p[i+2]| normalised to 1, has added up to z.

#include "corral.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

namespace {

struct tail_free {
    float z;
    size_t min_keep;
    std::vector<double> probabilities;

    void apply(llama_token_data_array &candidates) {
        if (z >= 1 || candidates.size <= 2) {
            return;
        }
        if (!candidates.sorted) {
            std::sort(candidates.data, candidates.data + candidates.size,
                      [](const llama_token_data &a, const llama_token_data &b) {
                          return a.logit > b.logit || (a.logit == b.logit && a.id < b.id);
                      });
            candidates.sorted = true;
        }
        softmax(candidates);
        candidates.size = kept();
    }

  private:
    void softmax(const llama_token_data_array &candidates) {
        probabilities.resize(candidates.size);
        double sum = 0;
        for (size_t i = 0; i < candidates.size; ++i) {
            sum += probabilities[i] = std::exp(double{candidates.data[i].logit} - candidates.data[0].logit);
        }
        for (double &p : probabilities) {
            p /= sum;
        }
    }

    double curvature(size_t i) const {
        return std::fabs(probabilities[i] - 2 * probabilities[i + 1] + probabilities[i + 2]);
    }

    size_t kept() const {
        const size_t size = probabilities.size();
        double total = 0;
        for (size_t i = 0; i + 2 < size; ++i) {
            total += curvature(i);
        }
        const bool flat = total <= 1e-6; // no tail to see: every place counts alike
        const size_t least = std::max<size_t>(min_keep, 1);
        double sum = 0;
        for (size_t i = 0; i + 2 < size; ++i) {
            sum += flat ? 1.0 / size : curvature(i) / total;
            if (sum > z && i >= least) {
                return i;
            }
        }
        return size;
    }
};

tail_free &of(const llama_sampler *sampler) {
    return *static_cast<tail_free *>(sampler->ctx);
}

llama_sampler *create(float z, size_t min_keep);

llama_sampler_i functions() {
    llama_sampler_i i = {};
    i.name = [](const llama_sampler *) { return "tail-free"; };
    i.apply = [](llama_sampler *sampler, llama_token_data_array *candidates) { of(sampler).apply(*candidates); };
    i.clone = [](const llama_sampler *sampler) { return create(of(sampler).z, of(sampler).min_keep); };
    i.free = [](llama_sampler *sampler) { delete &of(sampler); };
    return i;
}

llama_sampler *create(float z, size_t min_keep) {
    static llama_sampler_i interface = functions();
    auto state = std::make_unique<tail_free>(tail_free{z, min_keep, {}});
    llama_sampler *sampler = llama_sampler_init(&interface, state.get());
    state.release();
    return sampler;
}

} // namespace

llama_sampler *corral_sampler_tail_free(float z, size_t min_keep) {
    try {
        return create(z, min_keep);
    } catch (...) {
        return nullptr;
    }
}
