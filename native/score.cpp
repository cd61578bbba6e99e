// How likely given tokens are at output rows of a decode. One pass over a row: its largest logit, the sum of its
// exponentials and its likeliest tokens come out of the same walk over blocks that stay in the first-level cache.

#include "corral.h"
#include "error.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

using namespace corral;

// Built for several generations of processors where the loader can choose among them.
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
#define CORRAL_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CORRAL_CLONES
#endif

#if defined(__GNUC__)
#define CORRAL_INLINE inline __attribute__((always_inline))
#else
#define CORRAL_INLINE inline
#endif

namespace {

constexpr int32_t block_size = 1024;
constexpr int32_t lanes = 16;
constexpr float impossible = -std::numeric_limits<float>::infinity();

struct likely {
    llama_token token;
    float logit;
};

// What a row says, kept while further tokens of the same row are asked for.
struct row_summary {
    int32_t output = -1;
    int32_t n_top = -1;
    const float *logits = nullptr;
    double log_total = 0;
    llama_token likeliest = -1;
};

thread_local std::vector<likely> top_buffer; // grown by the first rows, then reused

// e^x for x ≤ 0, to 1 unit in the last place or so, without a branch or a call, so that loops over it become vectors.
CORRAL_INLINE double exp_of_negative(double x) {
    constexpr double shift = 6755399441055744.0; // 1.5 · 2^52: adding it rounds to a whole number in the low bits
    x = x < -708.0 ? -708.0 : x;
    const double shifted = x * 1.4426950408889634 + shift;
    const double n = shifted - shift;
    const double r = (x - n * 0.693147180369123816490) - n * 1.90821492927058770002e-10;
    double p = 1.0 / 479001600;
    p = p * r + 1.0 / 39916800;
    p = p * r + 1.0 / 3628800;
    p = p * r + 1.0 / 362880;
    p = p * r + 1.0 / 40320;
    p = p * r + 1.0 / 5040;
    p = p * r + 1.0 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    uint64_t bits, power;
    std::memcpy(&bits, &p, sizeof bits);
    std::memcpy(&power, &shifted, sizeof power);
    bits += power << 52; // adds n to the exponent
    std::memcpy(&p, &bits, sizeof p);
    return p;
}

CORRAL_CLONES float largest_of(const float *logits, int32_t n) {
    float largest[lanes];
    std::fill(largest, largest + lanes, impossible);
    int32_t i = 0;
    for (; i + lanes <= n; i += lanes) {
        for (int32_t lane = 0; lane < lanes; ++lane) {
            largest[lane] = logits[i + lane] > largest[lane] ? logits[i + lane] : largest[lane];
        }
    }
    float result = impossible;
    for (; i < n; ++i) {
        result = logits[i] > result ? logits[i] : result;
    }
    for (float lane : largest) {
        result = lane > result ? lane : result;
    }
    return result;
}

CORRAL_CLONES double sum_of_exponentials(const float *logits, int32_t n, double largest) {
    double sums[lanes] = {};
    int32_t i = 0;
    for (; i + lanes <= n; i += lanes) {
        for (int32_t lane = 0; lane < lanes; ++lane) {
            sums[lane] += exp_of_negative(static_cast<double>(logits[i + lane]) - largest);
        }
    }
    double sum = 0;
    for (; i < n; ++i) {
        sum += exp_of_negative(static_cast<double>(logits[i]) - largest);
    }
    for (double lane : sums) {
        sum += lane;
    }
    return sum;
}

bool is_likelier(const likely &a, const likely &b) {
    return a.logit > b.logit || (a.logit == b.logit && a.token < b.token);
}

// Tokens come in ascending order, so one that ties with the least likely of the heap stays out.
void rank_block(const float *logits, llama_token first, int32_t n, size_t n_top) {
    auto &top = top_buffer; // a heap whose front is the least likely
    for (int32_t i = 0; i < n; ++i) {
        if (top.size() == n_top) {
            if (!(logits[i] > top.front().logit)) {
                continue;
            }
            std::pop_heap(top.begin(), top.end(), is_likelier);
            top.pop_back();
        }
        top.push_back({first + i, logits[i]});
        std::push_heap(top.begin(), top.end(), is_likelier);
    }
}

void summarize(row_summary &row, int32_t n_tokens) {
    const size_t n_top = static_cast<size_t>(std::min(row.n_top, n_tokens));
    top_buffer.clear();
    double largest = -std::numeric_limits<double>::infinity();
    double sum = 0;
    for (int32_t first = 0; first < n_tokens; first += block_size) {
        const float *block = row.logits + first;
        const int32_t n = std::min(block_size, n_tokens - first);
        const float block_largest = largest_of(block, n);
        if (block_largest > largest) {
            sum *= std::exp(largest - block_largest);
            largest = block_largest;
            row.likeliest = first + static_cast<llama_token>(std::find(block, block + n, block_largest) - block);
        }
        if (block_largest > impossible) {
            sum += sum_of_exponentials(block, n, largest);
        }
        if (n_top > 0 && (top_buffer.size() < n_top || block_largest > top_buffer.front().logit)) {
            rank_block(block, first, n, n_top);
        }
    }
    std::sort_heap(top_buffer.begin(), top_buffer.end(), is_likelier);
    row.log_total = largest + std::log(sum);
    if (!std::isfinite(row.log_total)) {
        throw failure(CORRAL_FAILED, "the model's logits are not finite");
    }
}

void score(llama_context *context, row_summary &summary, corral_score &row) {
    require(context != nullptr, "context is NULL");
    require(row.n_top >= 0, "n_top is negative");
    require(row.n_top == 0 || (row.top_tokens != nullptr && row.top_logprobs != nullptr), "the row has no top buffers");
    const int32_t n_tokens = llama_vocab_n_tokens(llama_model_get_vocab(llama_get_model(context)));
    require(row.token >= -1 && row.token < n_tokens, "the token is not in the vocabulary");
    if (summary.output != row.output || summary.n_top < row.n_top) {
        summary = {};
        summary.logits = llama_get_logits_ith(context, row.output);
        if (summary.logits == nullptr) {
            refuse("no logits were computed at " + std::to_string(row.output));
        }
        summary.n_top = row.n_top;
        summarize(summary, n_tokens);
        summary.output = row.output;
    }
    row.logprob = row.token < 0 ? std::numeric_limits<double>::quiet_NaN() : summary.logits[row.token] - summary.log_total;
    row.likeliest = summary.likeliest;
    row.n_top_found = static_cast<int32_t>(std::min<size_t>(row.n_top, top_buffer.size()));
    for (int32_t i = 0; i < row.n_top_found; ++i) {
        row.top_tokens[i] = top_buffer[i].token;
        row.top_logprobs[i] = top_buffer[i].logit - summary.log_total;
    }
}

} // namespace

int32_t corral_score_rows(llama_context *context, corral_score *rows, int32_t n_rows) {
    int32_t failed = 0;
    row_summary summary;
    for (int32_t i = 0; i < n_rows; ++i) {
        corral_score &row = rows[i];
        row.code = guard(nullptr, CORRAL_FAILED, [&] { score(context, summary, row); });
        if (row.code != CORRAL_OK) {
            summary = {};
            ++failed;
        }
    }
    return failed;
}
