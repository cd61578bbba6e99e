#include "check.hpp"
#include "cpu_backend.hpp"

#include "corral.h"

#include <cmath>
#include <cstring>
#include <random>

using namespace corral_test;

namespace {

constexpr int64_t width = 32;

struct inputs {
    int64_t n_values, n_rows, n_columns;
    std::vector<uint8_t> weights; // Q4_1
    std::vector<float> vectors;

    inputs(int64_t n_values, int64_t n_rows, int64_t n_columns) : n_values(n_values), n_rows(n_rows), n_columns(n_columns) {
        std::mt19937 random(7);
        std::normal_distribution<float> normal;
        std::vector<float> floats(n_values * n_rows);
        for (float &x : floats) x = normal(random);
        weights.resize(ggml_row_size(GGML_TYPE_Q4_1, n_values) * n_rows);
        ggml_quantize_chunk(GGML_TYPE_Q4_1, floats.data(), weights.data(), 0, n_rows, n_values, nullptr);
        vectors.resize(n_values * n_columns);
        for (float &x : vectors) x = normal(random);
        for (int64_t i = 0; i < width; ++i) vectors[i] = 0.0f; // a block of nothing
    }

    // The second half of a block: what its nibbles count from.
    float least_of(int64_t row, int64_t block) const {
        ggml_fp16_t half;
        std::memcpy(&half, &weights[ggml_row_size(GGML_TYPE_Q4_1, n_values) * row + 20 * block + 2], sizeof half);
        return ggml_fp16_to_fp32(half);
    }
};

std::vector<float> by_backend(const inputs &in, int n_threads) {
    cpu_backend backend(n_threads);
    ggml_context *c = backend.context();
    ggml_tensor *weights = ggml_new_tensor_2d(c, GGML_TYPE_Q4_1, in.n_values, in.n_rows);
    ggml_tensor *vectors = ggml_new_tensor_2d(c, GGML_TYPE_F32, in.n_values, in.n_columns);
    ggml_tensor *result = ggml_mul_mat(c, weights, vectors);
    backend.allocate();
    ggml_backend_tensor_set(weights, in.weights.data(), 0, in.weights.size());
    ggml_backend_tensor_set(vectors, in.vectors.data(), 0, ggml_nbytes(vectors));
    return backend.compute(result);
}

float as_half(float x) {
    return ggml_fp16_to_fp32(ggml_fp32_to_fp16(x));
}

// With the vectors rounded as ggml does, and nothing else.
std::vector<double> by_definition(const inputs &in) {
    std::vector<float> weights(in.n_values * in.n_rows);
    ggml_get_type_traits(GGML_TYPE_Q4_1)->to_float(in.weights.data(), weights.data(), in.n_values * in.n_rows);
    std::vector<double> steps;  // of each block of a vector
    std::vector<double> whole;  // the values in steps
    std::vector<double> sums;   // of a block's values
    for (size_t first = 0; first < in.vectors.size(); first += width) {
        float most = 0.0f;
        for (int64_t i = 0; i < width; ++i) most = std::max(most, std::abs(in.vectors[first + i]));
        const float step = most / 127.0f;
        float sum = 0.0f;
        for (int64_t i = 0; i < width; ++i) {
            whole.push_back(step == 0.0f ? 0.0 : std::nearbyint(in.vectors[first + i] * (127.0f / most)));
            sum += static_cast<float>(whole.back());
        }
        steps.push_back(as_half(step));
        sums.push_back(as_half(step * sum));
    }
    std::vector<double> result;
    for (int64_t column = 0; column < in.n_columns; ++column) {
        for (int64_t row = 0; row < in.n_rows; ++row) {
            double sum = 0.0;
            for (int64_t i = 0; i < in.n_values; ++i) {
                const int64_t at = column * in.n_values + i;
                const double least = in.least_of(row, i / width);
                sum += (weights[row * in.n_values + i] - least) * whole[at] * steps[at / width];
                if (i % width == 0) sum += least * sums[at / width];
            }
            result.push_back(sum);
        }
    }
    return result;
}

} // namespace

TEST("products of Q4_1 weights are as defined, for any number of rows, vectors and threads") {
    if (!corral_add_cpu_operations()) throw skipped("this machine lacks the instructions");
    for (auto [n_values, n_rows] : {std::pair<int64_t, int64_t>{32, 1}, {64, 8}, {576, 21}, {1536, 64}}) {
        for (int64_t n_columns : {1, 2, 3, 4, 9}) {
            const inputs in(n_values, n_rows, n_columns);
            const std::vector<double> expected = by_definition(in);
            for (int n_threads : {1, 2, 7}) {
                const std::vector<float> found = by_backend(in, n_threads);
                double most = 0.0;
                for (size_t i = 0; i < expected.size(); ++i) most = std::max(most, std::abs(expected[i] - found[i]));
                CHECK_FOUND(most < 1e-4, std::to_string(most) + " of " + std::to_string(n_values) + " values");
            }
        }
    }
}

TEST("a product of Q4_1 weights does not depend on the other vectors") {
    if (!corral_add_cpu_operations()) throw skipped("this machine lacks the instructions");
    const inputs many(576, 40, 7);
    const std::vector<float> together = by_backend(many, 2);
    inputs one = many;
    one.n_columns = 1;
    for (int64_t column = 0; column < many.n_columns; ++column) {
        const auto from = many.vectors.begin() + column * many.n_values;
        one.vectors.assign(from, from + many.n_values);
        const std::vector<float> alone = by_backend(one, 3);
        CHECK(std::equal(alone.begin(), alone.end(), together.begin() + column * many.n_rows));
    }
}
