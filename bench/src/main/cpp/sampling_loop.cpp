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

namespace {

float largest_of(const float * logits, int32_t n) {
    float most = logits[0];
    for (int32_t i = 1; i < n; i++) {
        most = std::max(most, logits[i]);
    }
    return most;
}

// One of the candidates, by chance.
int32_t draw(std::vector<candidate> & candidates, float most) {
    static thread_local std::mt19937 random(1);
    float sum = 0;
    for (candidate & one : candidates) {
        one.logit = std::exp(one.logit - most);
        sum += one.logit;
    }
    float left = std::uniform_real_distribution<float>(0, sum)(random);
    for (const candidate & one : candidates) {
        left -= one.logit;
        if (left <= 0) {
            return one.token;
        }
    }
    return candidates.back().token;
}

} // namespace

// One of the tokens that are at least p times as likely as the likeliest, by chance.
extern "C" int32_t loop_min_p(const float * logits, int32_t n, float p) {
    const float most  = largest_of(logits, n);
    const float least = most + std::log(p);
    std::vector<candidate> kept;
    for (int32_t i = 0; i < n; i++) {
        if (logits[i] >= least) {
            kept.push_back({i, logits[i]});
        }
    }
    return draw(kept, most);
}

// One of the likeliest tokens that make up p, by chance: a softmax over all, then a sort of as many as are needed.
extern "C" int32_t loop_top_p(const float * logits, int32_t n, float p) {
    const float most = largest_of(logits, n);
    std::vector<candidate> all(n);
    float sum = 0;
    for (int32_t i = 0; i < n; i++) {
        all[i] = {i, logits[i]};
        sum += std::exp(logits[i] - most);
    }
    float  kept_sum = 0;
    size_t kept     = 0;
    for (size_t sorted = 0; kept < all.size() && kept_sum < p * sum; kept++) {
        if (kept == sorted) {
            const size_t more = std::min(all.size(), std::max<size_t>(256, sorted * 8));
            std::partial_sort(all.begin() + sorted, all.begin() + more, all.end(), likelier);
            sorted = more;
        }
        kept_sum += std::exp(all[kept].logit - most);
    }
    all.resize(kept);
    return draw(all, most);
}
