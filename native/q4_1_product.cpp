#include "q4_1_product.hpp"

#if defined(__AVX2__) && defined(__FMA__) && defined(__F16C__)

#include "ggml.h"

#include <cstdint>
#include <cstring>
#include <immintrin.h>

namespace corral {

namespace {

constexpr int width = 32;        // values of a block
constexpr int rows_at_once = 8;  // one for each 32 bits of a vector
constexpr int columns_at_once = 4;
constexpr int tasks_per_thread = 4;

struct q4_1_block {
    uint16_t scale, least; // halves
    uint8_t nibbles[width / 2]; // of value i the lower ones, of value i + 16 the upper ones
};

static_assert(sizeof(q4_1_block) == 20, "as in ggml-common.h");

inline float as_half(float x) {
    return _cvtsh_ss(_cvtss_sh(x, _MM_FROUND_TO_NEAREST_INT));
}

// Values of a vector, rounded as ggml does: to 127 steps of the largest, and the size of a step to half precision.
struct vector_block {
    float scale;
    float scaled_sum;
    int8_t values[width];

    void round(const float *from) {
        __m256 part[4];
        __m256 most = _mm256_setzero_ps();
        for (int i = 0; i < 4; ++i) {
            part[i] = _mm256_loadu_ps(from + 8 * i);
            most = _mm256_max_ps(most, _mm256_andnot_ps(_mm256_set1_ps(-0.0f), part[i]));
        }
        __m128 largest = _mm_max_ps(_mm256_castps256_ps128(most), _mm256_extractf128_ps(most, 1));
        largest = _mm_max_ps(largest, _mm_movehl_ps(largest, largest));
        largest = _mm_max_ss(largest, _mm_movehdup_ps(largest));
        const float step = _mm_cvtss_f32(largest) / 127.0f;
        const __m256 steps = _mm256_set1_ps(step == 0.0f ? 0.0f : 127.0f / _mm_cvtss_f32(largest));
        scale = as_half(step);
        __m256i whole[4];
        for (int i = 0; i < 4; ++i) whole[i] = _mm256_cvtps_epi32(_mm256_mul_ps(part[i], steps));
        const __m256i sums = _mm256_add_epi32(_mm256_add_epi32(whole[0], whole[1]), _mm256_add_epi32(whole[2], whole[3]));
        __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
        sum = _mm_add_epi32(sum, _mm_unpackhi_epi64(sum, sum));
        sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 1));
        scaled_sum = as_half(step * static_cast<float>(_mm_cvtsi128_si32(sum)));
        const __m256i bytes = _mm256_packs_epi16(_mm256_packs_epi32(whole[0], whole[1]), _mm256_packs_epi32(whole[2], whole[3]));
        const __m256i in_order = _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
        _mm256_storeu_si256(reinterpret_cast<__m256i *>(values), in_order);
    }
};

// A block of each of eight rows: their values four by four, the eight rows side by side.
struct unpacked {
    __m256i values[width / 4];
    __m256 scale, least;

    explicit unpacked(const q4_1_block *const *rows, int64_t at) {
        __m256i pair[4];
        for (int i = 0; i < 4; ++i) {
            const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i *>(rows[i][at].nibbles));
            const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i *>(rows[i + 4][at].nibbles));
            pair[i] = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
        }
        const __m256i a = _mm256_unpacklo_epi32(pair[0], pair[1]);
        const __m256i b = _mm256_unpackhi_epi32(pair[0], pair[1]);
        const __m256i c = _mm256_unpacklo_epi32(pair[2], pair[3]);
        const __m256i d = _mm256_unpackhi_epi32(pair[2], pair[3]);
        const __m256i bytes[4] = {_mm256_unpacklo_epi64(a, c), _mm256_unpackhi_epi64(a, c), _mm256_unpacklo_epi64(b, d),
                                  _mm256_unpackhi_epi64(b, d)};
        const __m256i nibble = _mm256_set1_epi8(0x0f);
        for (int i = 0; i < 4; ++i) {
            values[i] = _mm256_and_si256(bytes[i], nibble);
            values[i + 4] = _mm256_and_si256(_mm256_srli_epi16(bytes[i], 4), nibble);
        }
        int32_t factors[rows_at_once];
        for (int i = 0; i < rows_at_once; ++i) std::memcpy(&factors[i], &rows[i][at], sizeof factors[i]);
        const __m256i all = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(factors));
        const __m256i lower = _mm256_and_si256(all, _mm256_set1_epi32(0xffff));
        const __m256i upper = _mm256_srli_epi32(all, 16);
        const __m256i halves = _mm256_permute4x64_epi64(_mm256_packus_epi32(lower, upper), 0xd8);
        scale = _mm256_cvtph_ps(_mm256_castsi256_si128(halves));
        least = _mm256_cvtph_ps(_mm256_extracti128_si256(halves, 1));
    }
};

// The sum of value · value in each row. Sixteen bits suffice: 8 · 2 · 15 · 127 < 32768.
inline __m256i products(const unpacked &weights, const int8_t *values) {
    __m256i sum = _mm256_setzero_si256();
    for (int i = 0; i < width / 4; ++i) {
        int32_t four;
        std::memcpy(&four, values + 4 * i, sizeof four);
        sum = _mm256_add_epi16(sum, _mm256_maddubs_epi16(weights.values[i], _mm256_set1_epi32(four)));
    }
    return _mm256_madd_epi16(sum, _mm256_set1_epi16(1));
}

// Eight rows of the result in each of C columns.
template <int C>
void multiply(const q4_1_block *const *rows, const vector_block *const *columns, int64_t n_blocks, __m256 *result) {
    __m256 sums[C];
    for (int c = 0; c < C; ++c) sums[c] = _mm256_setzero_ps();
    // Rows lie one after the other: what comes after these eight is fetched meanwhile, as much as is read.
    const char *next = reinterpret_cast<const char *>(rows[rows_at_once - 1] + n_blocks);
    for (int64_t at = 0; at < n_blocks; ++at) {
        for (int i = 0; i < 3; ++i) {
            _mm_prefetch(next + at * rows_at_once * sizeof(q4_1_block) + 64 * i, _MM_HINT_T0);
        }
        const unpacked weights(rows, at);
        for (int c = 0; c < C; ++c) {
            const vector_block &block = columns[c][at];
            const __m256 product = _mm256_cvtepi32_ps(products(weights, block.values));
            const __m256 scale = _mm256_mul_ps(weights.scale, _mm256_set1_ps(block.scale));
            sums[c] = _mm256_fmadd_ps(product, scale, sums[c]);
            sums[c] = _mm256_fmadd_ps(weights.least, _mm256_set1_ps(block.scaled_sum), sums[c]);
        }
    }
    for (int c = 0; c < C; ++c) result[c] = sums[c];
}

struct product {
    const ggml_tensor *weights, *vectors;
    float *result;
    vector_block *rounded; // the vectors, one after the other
    int64_t n_rows, n_columns, n_blocks;

    product(const ggml_tensor *op, void *work)
        : weights(op->src[0]), vectors(op->src[1]), result(static_cast<float *>(op->data)),
          rounded(static_cast<vector_block *>(work)), n_rows(weights->ne[1]), n_columns(ggml_nrows(vectors)),
          n_blocks(weights->ne[0] / width) {}

    // Blocks from … to - 1 of all vectors.
    void round(int64_t from, int64_t to) const {
        for (int64_t i = from; i < to; ++i) rounded[i].round(static_cast<const float *>(vectors->data) + i * width);
    }

    void multiply_rows(int64_t first) const {
        const q4_1_block *rows[rows_at_once];
        for (int i = 0; i < rows_at_once; ++i) {
            const int64_t row = first + i < n_rows ? first + i : n_rows - 1;
            rows[i] = reinterpret_cast<const q4_1_block *>(static_cast<const char *>(weights->data) + row * weights->nb[1]);
        }
        for (int64_t column = 0; column < n_columns; column += columns_at_once) {
            const int n = static_cast<int>(n_columns - column < columns_at_once ? n_columns - column : columns_at_once);
            const vector_block *columns[columns_at_once];
            for (int i = 0; i < n; ++i) {
                columns[i] = rounded + (column + i) * n_blocks;
            }
            __m256 sums[columns_at_once];
            switch (n) {
                case 1: multiply<1>(rows, columns, n_blocks, sums); break;
                case 2: multiply<2>(rows, columns, n_blocks, sums); break;
                case 3: multiply<3>(rows, columns, n_blocks, sums); break;
                default: multiply<4>(rows, columns, n_blocks, sums);
            }
            for (int i = 0; i < n; ++i) {
                float *to = result + (column + i) * n_rows + first;
                const int64_t left = n_rows - first;
                std::memcpy(to, &sums[i], (left < rows_at_once ? left : rows_at_once) * sizeof(float));
            }
        }
    }
};

} // namespace

bool is_q4_1_product(const ggml_tensor *op) {
    if (op->op != GGML_OP_MUL_MAT) return false;
    const ggml_tensor *weights = op->src[0];
    const ggml_tensor *vectors = op->src[1];
    return weights->type == GGML_TYPE_Q4_1 && vectors->type == GGML_TYPE_F32 && op->type == GGML_TYPE_F32 &&
           weights->ne[2] == 1 && weights->ne[3] == 1 && weights->nb[0] == sizeof(q4_1_block) && ggml_is_contiguous(vectors) &&
           ggml_is_contiguous(op);
}

size_t q4_1_work_size(const ggml_tensor *op) {
    return static_cast<size_t>(op->src[0]->ne[0] / width * ggml_nrows(op->src[1])) * sizeof(vector_block);
}

void compute_q4_1_product(ggml_tensor *op, const kernel_thread &thread) {
    const product product(op, thread.work);
    const int64_t n_blocks = product.n_blocks * product.n_columns;
    product.round(n_blocks * thread.index / thread.count, n_blocks * (thread.index + 1) / thread.count);
    if (thread.index == 0) thread.set_next(thread.pool, thread.count);
    thread.await_others(thread.pool);

    const int64_t n_groups = (product.n_rows + rows_at_once - 1) / rows_at_once;
    const int64_t n_tasks = n_groups < thread.count * tasks_per_thread ? n_groups : thread.count * tasks_per_thread;
    for (int64_t task = thread.index; task < n_tasks; task = thread.take_next(thread.pool, 1)) {
        for (int64_t group = n_groups * task / n_tasks; group < n_groups * (task + 1) / n_tasks; ++group) {
            product.multiply_rows(group * rows_at_once);
        }
    }
}

} // namespace corral

#else

namespace corral {

bool is_q4_1_product(const ggml_tensor *) {
    return false;
}

size_t q4_1_work_size(const ggml_tensor *) {
    return 0;
}

void compute_q4_1_product(ggml_tensor *, const kernel_thread &) {}

} // namespace corral

#endif
