#include "check.hpp"
#include "cpu_backend.hpp"

#include "corral.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

using namespace corral_test;

namespace {

constexpr float unseen = -std::numeric_limits<float>::infinity();

struct shape {
    int64_t key_width = 64;
    int64_t value_width = 64;
    int64_t n_tokens = 1;
    int64_t n_heads = 9;
    int64_t n_kv_heads = 3;
    int64_t n_streams = 1;
    int64_t n_cells = 256;
    float max_bias = 0.0f;
    float soft_cap = 0.0f;
    bool sinks = false;
    bool masked = true;
};

// What a cell adds to the scores of a token: 0, unseen, or a distance.
using visibility = std::function<float(int64_t stream, int64_t token, int64_t cell)>;

struct inputs {
    std::vector<float> queries, keys, values, sinks, mask;
};

std::vector<float> random_floats(size_t n, float width, std::mt19937 &random) {
    std::normal_distribution<float> normal(0.0f, width);
    std::vector<float> all(n);
    for (float &x : all) x = ggml_fp16_to_fp32(ggml_fp32_to_fp16(normal(random)));
    return all;
}

inputs random_inputs(const shape &s, const visibility &sees) {
    std::mt19937 random(42);
    inputs in;
    in.queries = random_floats(s.key_width * s.n_tokens * s.n_heads * s.n_streams, 1.0f, random);
    in.keys = random_floats(s.key_width * s.n_cells * s.n_kv_heads * s.n_streams, 1.0f, random);
    in.values = random_floats(s.value_width * s.n_cells * s.n_kv_heads * s.n_streams, 1.0f, random);
    in.sinks = random_floats(s.n_heads, 3.0f, random);
    for (int64_t stream = 0; stream < s.n_streams; ++stream) {
        for (int64_t token = 0; token < s.n_tokens; ++token) {
            for (int64_t cell = 0; cell < s.n_cells; ++cell) in.mask.push_back(sees(stream, token, cell));
        }
    }
    return in;
}

// Rows of value_width by head, token and stream.
std::vector<double> by_definition(const shape &s, const inputs &in) {
    std::vector<double> result;
    const int64_t group = s.n_heads / s.n_kv_heads;
    const double power = std::pow(2.0, std::floor(std::log2(static_cast<double>(s.n_heads))));
    for (int64_t stream = 0; stream < s.n_streams; ++stream) {
        for (int64_t token = 0; token < s.n_tokens; ++token) {
            for (int64_t head = 0; head < s.n_heads; ++head) {
                const double slope = s.max_bias == 0.0f ? 1.0
                                     : head < power ? std::pow(2.0, -s.max_bias / power * (head + 1))
                                                    : std::pow(2.0, -s.max_bias / 2 / power * (2 * (head - power) + 1));
                const float *q = &in.queries[((stream * s.n_heads + head) * s.n_tokens + token) * s.key_width];
                const int64_t first = (stream * s.n_kv_heads + head / group) * s.n_cells;
                std::vector<double> row(s.value_width, 0.0);
                double total = s.sinks ? std::exp(static_cast<double>(in.sinks[head])) : 0.0;
                for (int64_t cell = 0; cell < s.n_cells; ++cell) {
                    const float bias = s.masked ? in.mask[(stream * s.n_tokens + token) * s.n_cells + cell] : 0.0f;
                    if (bias == unseen) continue;
                    double score = 0.0;
                    for (int64_t i = 0; i < s.key_width; ++i) score += q[i] * in.keys[(first + cell) * s.key_width + i];
                    score /= std::sqrt(static_cast<double>(s.key_width));
                    if (s.soft_cap != 0.0f) score = s.soft_cap * std::tanh(score / s.soft_cap);
                    const double weight = std::exp(score + slope * bias);
                    total += weight;
                    for (int64_t i = 0; i < s.value_width; ++i) {
                        row[i] += weight * in.values[(first + cell) * s.value_width + i];
                    }
                }
                for (double x : row) result.push_back(total == 0.0 ? 0.0 : x / total);
            }
        }
    }
    return result;
}

void fill(ggml_tensor *tensor, const std::vector<float> &values) {
    if (tensor->type == GGML_TYPE_F32) {
        ggml_backend_tensor_set(tensor, values.data(), 0, ggml_nbytes(tensor));
        return;
    }
    std::vector<ggml_fp16_t> halves(values.size());
    ggml_fp32_to_fp16_row(values.data(), halves.data(), static_cast<int64_t>(values.size()));
    ggml_backend_tensor_set(tensor, halves.data(), 0, ggml_nbytes(tensor));
}

std::vector<float> by_backend(const shape &s, const inputs &in, int n_threads) {
    cpu_backend backend(n_threads);
    ggml_context *c = backend.context();
    ggml_tensor *q = ggml_new_tensor_4d(c, GGML_TYPE_F32, s.key_width, s.n_tokens, s.n_heads, s.n_streams);
    ggml_tensor *k = ggml_new_tensor_4d(c, GGML_TYPE_F16, s.key_width, s.n_cells, s.n_kv_heads, s.n_streams);
    ggml_tensor *v = ggml_new_tensor_4d(c, GGML_TYPE_F16, s.value_width, s.n_cells, s.n_kv_heads, s.n_streams);
    ggml_tensor *mask = s.masked ? ggml_new_tensor_4d(c, GGML_TYPE_F16, s.n_cells, s.n_tokens, 1, s.n_streams) : nullptr;
    ggml_tensor *sinks = s.sinks ? ggml_new_tensor_1d(c, GGML_TYPE_F32, s.n_heads) : nullptr;
    ggml_tensor *result = ggml_flash_attn_ext(c, q, k, v, mask, 1.0f / std::sqrt(static_cast<float>(s.key_width)),
                                              s.max_bias, s.soft_cap);
    ggml_flash_attn_ext_add_sinks(result, sinks);
    backend.allocate();
    fill(q, in.queries);
    fill(k, in.keys);
    fill(v, in.values);
    if (mask != nullptr) fill(mask, in.mask);
    if (sinks != nullptr) fill(sinks, in.sinks);
    return backend.compute(result);
}

double largest_difference(const std::vector<double> &expected, const std::vector<float> &found) {
    double most = 0.0;
    for (size_t i = 0; i < expected.size(); ++i) {
        const double difference = std::abs(expected[i] - found[i]);
        most = std::isnan(found[i]) ? INFINITY : std::max(most, difference);
    }
    return most;
}

void check_by_definition(const shape &s, const visibility &sees) {
    if (!corral_add_cpu_operations()) throw skipped("this machine lacks the instructions");
    const inputs in = random_inputs(s, sees);
    const std::vector<double> expected = by_definition(s, in);
    for (int n_threads : {1, 2, 5}) {
        const double difference = largest_difference(expected, by_backend(s, in, n_threads));
        // ggml's own sums in half precision and is off by some 1e-3.
        CHECK_FOUND(difference < 1e-5, std::to_string(difference) + " with " + std::to_string(n_threads) + " threads");
    }
}

float causal(int64_t, int64_t token, int64_t cell) {
    return cell <= 100 + token ? 0.0f : unseen;
}

} // namespace

TEST("attention of one token is as defined") {
    check_by_definition({}, causal);
}

TEST("attention of a prompt is as defined, for groups of any size") {
    for (auto [n_heads, n_kv_heads] : {std::pair{9, 3}, {4, 4}, {30, 1}, {14, 2}, {1, 1}}) {
        for (int64_t n_tokens : {2, 7, 33}) {
            shape s;
            s.n_heads = n_heads;
            s.n_kv_heads = n_kv_heads;
            s.n_tokens = n_tokens;
            check_by_definition(s, causal);
        }
    }
}

TEST("attention of several streams is as defined") {
    shape s;
    s.n_streams = 3;
    s.n_tokens = 2;
    check_by_definition(s, [](int64_t stream, int64_t token, int64_t cell) {
        return cell <= stream * 70 + token ? 0.0f : unseen;
    });
}

TEST("tokens of one batch may each see cells of their own, or none") {
    shape s;
    s.n_tokens = 9;
    s.n_cells = 600;
    check_by_definition(s, [](int64_t, int64_t token, int64_t cell) {
        return token < 8 && (cell < 64 || cell % 8 == token) ? 0.0f : unseen;
    });
}

TEST("cells that are divided among threads are joined") {
    for (int64_t n_cells : {512, 1000, 4096}) {
        shape s;
        s.n_cells = n_cells;
        check_by_definition(s, [](int64_t, int64_t, int64_t cell) { return cell % 300 < 200 ? 0.0f : unseen; });
    }
}

TEST("attention takes heads of any width that is a multiple of eight, and numbers of cells of any") {
    for (auto [key_width, value_width] : {std::pair{8, 8}, {80, 80}, {128, 128}, {192, 128}, {256, 256}, {72, 40}}) {
        shape s;
        s.key_width = key_width;
        s.value_width = value_width;
        s.n_tokens = 3;
        s.n_cells = 77;
        s.masked = false;
        check_by_definition(s, causal);
        s.masked = true;
        check_by_definition(s, causal);
    }
}

TEST("sinks, ALiBi and caps of scores are as defined") {
    for (int64_t n_tokens : {1, 6}) {
        shape with_sinks;
        with_sinks.n_tokens = n_tokens;
        with_sinks.sinks = true;
        check_by_definition(with_sinks, causal);
        with_sinks.n_cells = 1024;
        check_by_definition(with_sinks, causal);
        shape with_distances;
        with_distances.n_tokens = n_tokens;
        with_distances.max_bias = 8.0f;
        check_by_definition(with_distances, [](int64_t, int64_t token, int64_t cell) {
            return cell <= 100 + token ? static_cast<float>(cell - 100 - token) : unseen;
        });
        shape capped;
        capped.n_tokens = n_tokens;
        capped.soft_cap = 2.0f;
        check_by_definition(capped, causal);
    }
}
