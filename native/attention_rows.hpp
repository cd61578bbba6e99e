// A few rows of attention over the same keys and values: scores, a softmax that goes along, and the weighted sum.
#pragma once

#include "lanes.hpp"

#include <math.h>
#include <limits>

namespace corral {

namespace {

constexpr int rows_at_once = 24;
constexpr int cells_at_once = 64;
constexpr int widest_head = 256;

struct attention_rows {
    alignas(32) float query[rows_at_once][widest_head]; // multiplied by the scale
    alignas(32) float value[rows_at_once][widest_head]; // the sum so far, for the largest score so far
    alignas(32) float score[rows_at_once][cells_at_once];
    float largest_score[rows_at_once];
    float total[rows_at_once]; // of the exponentials
    int key_width;
    int value_width;
    float soft_cap; // 0: none

    void clear(int n_rows) {
        for (int row = 0; row < n_rows; ++row) {
            for (int i = 0; i < value_width; i += lanes) store(value[row] + i, floats{});
            largest_score[row] = -std::numeric_limits<float>::infinity();
            total[row] = 0.0f;
        }
    }

    // Rows from … to - 1 over n ≤ cells_at_once cells. keys and values have room for three more. biases: for each row
    // what is added to its scores, or null.
    void add(int from, int to, const uint16_t **keys, const uint16_t **values, int n, const float *const *biases) {
        for (int i = n; i % 4 != 0; ++i) keys[i] = keys[n - 1];
        int row = from;
        for (; row + 3 <= to; row += 3) compute_scores<3>(row, keys, n);
        if (row + 2 == to) compute_scores<2>(row, keys, n);
        if (row + 1 == to) compute_scores<1>(row, keys, n);

        for (row = from; row < to; ++row) weigh(row, n, biases == nullptr ? nullptr : biases[row]);

        row = from;
        for (; row + 3 <= to; row += 3) add_values<3>(row, values, n);
        if (row + 2 == to) add_values<2>(row, values, n);
        if (row + 1 == to) add_values<1>(row, values, n);
    }

private:
    template <int R> void compute_scores(int row, const uint16_t *const *keys, int n) {
        for (int cell = 0; cell < n; cell += 4) {
            const uint16_t *const *key = keys + cell;
            floats product[R][4] = {};
            for (int i = 0; i < key_width; i += lanes) {
                const floats k[4] = {load_halves(key[0] + i), load_halves(key[1] + i), load_halves(key[2] + i),
                                     load_halves(key[3] + i)};
                for (int r = 0; r < R; ++r) {
                    const floats q = load(query[row + r] + i);
                    for (int c = 0; c < 4; ++c) product[r][c] += q * k[c];
                }
            }
            for (int r = 0; r < R; ++r) {
                store_sums(score[row + r] + cell, product[r][0], product[r][1], product[r][2], product[r][3]);
            }
        }
    }

    // From a row's scores to their exponentials, relative to the largest score so far.
    void weigh(int row, int n, const float *bias) {
        float *scores = score[row];
        if (soft_cap != 0.0f) {
            for (int i = 0; i < n; ++i) scores[i] = soft_cap * tanhf(scores[i] / soft_cap);
        }
        for (int i = n; i % lanes != 0; ++i) scores[i] = -std::numeric_limits<float>::infinity();
        floats most = all(largest_score[row]);
        for (int i = 0; i < n; i += lanes) {
            if (bias != nullptr) store(scores + i, load(scores + i) + load(bias + i));
            most = larger(load(scores + i), most);
        }
        const float now = largest(most);
        if (now == -std::numeric_limits<float>::infinity()) {
            for (int i = 0; i < n; i += lanes) store(scores + i, floats{});
            return;
        }
        if (now > largest_score[row]) {
            if (total[row] != 0.0f) {
                const float factor = exponential(all(largest_score[row] - now))[0];
                total[row] *= factor;
                for (int i = 0; i < value_width; i += lanes) store(value[row] + i, load(value[row] + i) * factor);
            }
            largest_score[row] = now;
        }
        floats added = {};
        for (int i = 0; i < n; i += lanes) {
            const floats weight = exponential(load(scores + i) - now);
            store(scores + i, weight);
            added += weight;
        }
        total[row] += sum(added);
    }

    template <int R> void add_values(int row, const uint16_t *const *values, int n) {
        int i = 0;
        for (; i + 2 * lanes <= value_width; i += 2 * lanes) add_columns<R, 2>(row, i, values, n);
        if (i < value_width) add_columns<R, 1>(row, i, values, n);
    }

    template <int R, int W> void add_columns(int row, int column, const uint16_t *const *values, int n) {
        floats accumulator[R][W];
        for (int r = 0; r < R; ++r) {
            for (int w = 0; w < W; ++w) accumulator[r][w] = load(value[row + r] + column + w * lanes);
        }
        for (int cell = 0; cell < n; ++cell) {
            floats v[W];
            for (int w = 0; w < W; ++w) v[w] = load_halves(values[cell] + column + w * lanes);
            for (int r = 0; r < R; ++r) {
                const floats weight = all(score[row + r][cell]);
                for (int w = 0; w < W; ++w) accumulator[r][w] += weight * v[w];
            }
        }
        for (int r = 0; r < R; ++r) {
            for (int w = 0; w < W; ++w) store(value[row + r] + column + w * lanes, accumulator[r][w]);
        }
    }
};

} // namespace

} // namespace corral
