// The plain C++ loops that sampling a row of logits is measured against.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace {

struct candidate {
    int32_t token;
    float   logit;
};

bool likelier(const candidate & a, const candidate & b) {
    return a.logit > b.logit;
}

} // namespace

// The likeliest token.
extern "C" int32_t loop_greedy(const float * logits, int32_t n) {
    int32_t best = 0;
    for (int32_t i = 1; i < n; i++) {
        if (logits[i] > logits[best]) {
            best = i;
        }
    }
    return best;
}

// One of the k likeliest tokens, by chance: those first, then a softmax over them.
extern "C" int32_t loop_top_k(const float * logits, int32_t n, int32_t k) {
    static thread_local std::mt19937 random(1);
    std::vector<candidate> heap;
    heap.reserve(k);
    for (int32_t i = 0; i < n; i++) {
        if ((int32_t) heap.size() < k) {
            heap.push_back({i, logits[i]});
            std::push_heap(heap.begin(), heap.end(), likelier);
        } else if (logits[i] > heap.front().logit) {
            std::pop_heap(heap.begin(), heap.end(), likelier);
            heap.back() = {i, logits[i]};
            std::push_heap(heap.begin(), heap.end(), likelier);
        }
    }
    std::sort(heap.begin(), heap.end(), likelier);
    const float most = heap.front().logit;
    float sum = 0;
    for (candidate & one : heap) {
        one.logit = std::exp(one.logit - most);
        sum += one.logit;
    }
    float left = std::uniform_real_distribution<float>(0, sum)(random);
    for (const candidate & one : heap) {
        left -= one.logit;
        if (left <= 0) {
            return one.token;
        }
    }
    return heap.back().token;
}
