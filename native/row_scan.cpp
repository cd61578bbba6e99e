#include "row_scan.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>

// A build for any machine of an architecture finds out at run time what this one can do.
#if defined(__x86_64__) && defined(__linux__) && !defined(__AVX2__)
#define CORRAL_VECTORISED __attribute__((target_clones("avx2", "default")))
#else
#define CORRAL_VECTORISED
#endif

namespace corral {

namespace {

constexpr int32_t block = 64;       // tokens that are looked at together before any is looked at alone
constexpr int32_t sum_block = 1024; // exponentials that are added up in single precision

template <typename To, typename From> To bits_of(From value) {
    static_assert(sizeof(To) == sizeof(From), "as many bits");
    To bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
}

// Integers in the order of floating-point numbers. Unlike those they have a maximum whatever the order of the terms.
inline int32_t key_of(float logit) {
    const int32_t bits = bits_of<int32_t>(logit);
    return bits ^ ((bits >> 31) & 0x7fffffff);
}

inline float logit_of(int32_t key) {
    return bits_of<float>(key ^ ((key >> 31) & 0x7fffffff));
}

// Not below -87, for x ≤ 0. By integers, since a comparison of floating-point numbers becomes a branch in a sum.
inline float clamped(float x) {
    const uint32_t least = 0xc2ae0000u; // -87, and above it all that is less
    const uint32_t bits = bits_of<uint32_t>(x);
    return bits_of<float>(bits < least ? bits : least);
}

// exp(x) for x ≤ 0, to 2e-7 of it; below -87 it is next to nothing.
inline float exponential(float x) {
    const float y = clamped(x) * 1.44269504f;
    const int32_t whole = static_cast<int32_t>(y - 0.5f);
    const float t = (y - static_cast<float>(whole)) * 0.693147181f;
    const float power = 1.0f + t * (1.0f + t * (0.5f + t * (1.66666667e-1f + t * (4.16666667e-2f +
                        t * (8.33333333e-3f + t * 1.38888889e-3f)))));
    return bits_of<float>(bits_of<int32_t>(power) + whole * (1 << 23));
}

CORRAL_VECTORISED void find_keys(const float *logits, int32_t n, int32_t *least, int32_t *most) {
    int32_t low = std::numeric_limits<int32_t>::max();
    int32_t high = std::numeric_limits<int32_t>::min();
    for (int32_t i = 0; i < n; ++i) {
        const int32_t key = key_of(logits[i]);
        low = key < low ? key : low;
        high = key > high ? key : high;
    }
    *least = low;
    *most = high;
}

CORRAL_VECTORISED float sum_exp(const float *logits, int32_t n, float largest) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int32_t i = 0; i < n; ++i) {
        sum += exponential(logits[i] - largest);
    }
    return sum;
}

// The next block in which a logit is larger, from token `from` on; n when there is none.
CORRAL_VECTORISED int32_t next_block(const float *logits, int32_t from, int32_t n, float than) {
    for (; from + block <= n; from += block) {
        const float *some = logits + from;
        int32_t larger = 0;
        for (int32_t i = 0; i < block; ++i) {
            larger += some[i] > than;
        }
        if (larger > 0) {
            return from;
        }
    }
    return from;
}

} // namespace

Extent extent(const float *logits, int32_t n) {
    int32_t least = 0;
    int32_t most = 0;
    find_keys(logits, n, &least, &most);
    const float infinity = std::numeric_limits<float>::infinity();
    return {logit_of(most), least >= key_of(-infinity) && most < key_of(infinity)};
}

llama_token first_with(const float *logits, int32_t n, float logit) {
    const float less = std::nextafter(logit, -std::numeric_limits<float>::infinity());
    return static_cast<llama_token>(std::find(logits + next_block(logits, 0, n, less), logits + n, logit) - logits);
}

double log_sum_exp(const float *logits, int32_t n, float largest) {
    double sum = 0;
    for (int32_t i = 0; i < n; i += sum_block) {
        sum += static_cast<double>(sum_exp(logits + i, std::min(sum_block, n - i), largest));
    }
    return largest + std::log(sum);
}

void gather_k_largest(const float *logits, int32_t n, int32_t k, std::vector<float> &largest,
                      std::vector<llama_token_data> &candidates) {
    candidates.clear();
    for (llama_token token = 0; token < k; ++token) {
        candidates.push_back({token, logits[token], 0.0f});
    }
    largest.assign(logits, logits + k);
    const std::greater<float> larger;
    std::make_heap(largest.begin(), largest.end(), larger);
    for (int32_t from = k; (from = next_block(logits, from, n, largest.front())) < n; from += block) {
        for (llama_token token = from; token < std::min(from + block, n); ++token) {
            if (logits[token] > largest.front()) {
                candidates.push_back({token, logits[token], 0.0f});
                std::pop_heap(largest.begin(), largest.end(), larger);
                largest.back() = logits[token];
                std::push_heap(largest.begin(), largest.end(), larger);
            }
        }
    }
}

void gather_from(const float *logits, int32_t n, float least, std::vector<llama_token_data> &candidates) {
    candidates.clear();
    const float less = std::nextafter(least, -std::numeric_limits<float>::infinity());
    for (int32_t from = 0; (from = next_block(logits, from, n, less)) < n; from += block) {
        for (llama_token token = from; token < std::min(from + block, n); ++token) {
            if (logits[token] >= least) {
                candidates.push_back({token, logits[token], 0.0f});
            }
        }
    }
}

} // namespace corral
