#include "attention.hpp"

#if defined(__x86_64__) || defined(__aarch64__)

#include "attention_rows.hpp"

#include "ggml.h"

namespace corral {

namespace {

constexpr int64_t word = 64;         // cells whose bits of the mask are one integer
constexpr int64_t segment_words = 8; // words that are looked at together
constexpr int64_t cells_to_split = 512;

struct strides {
    const char *data;
    size_t row;    // of a token or cell
    size_t head;
    size_t stream;

    explicit strides(const ggml_tensor *tensor)
        : data(static_cast<const char *>(tensor->data)), row(tensor->nb[1]), head(tensor->nb[2]), stream(tensor->nb[3]) {}

    const char *at(int64_t index, int64_t of_head, int64_t of_stream) const {
        return data + index * row + of_head * head + of_stream * stream;
    }
};

struct operation {
    const ggml_tensor *tensor;
    strides queries, keys, values;
    int64_t key_width, value_width;
    int64_t n_tokens, n_heads, n_kv_heads, n_streams, n_cells;
    int64_t group;          // heads that share keys and values
    int64_t n_rows;         // of a stream and a head of keys: a token after the other, and each token's heads
    int64_t block_rows;     // rows that are computed together
    int64_t n_blocks;
    int64_t n_splits;       // parts that the cells are divided into, to be computed apart
    float scale, max_bias, soft_cap;

    operation(const ggml_tensor *op, int n_threads)
        : tensor(op), queries(op->src[0]), keys(op->src[1]), values(op->src[2]) {
        const ggml_tensor *q = op->src[0];
        const ggml_tensor *k = op->src[1];
        key_width = k->ne[0];
        value_width = op->src[2]->ne[0];
        n_tokens = q->ne[1];
        n_heads = q->ne[2];
        n_streams = q->ne[3];
        n_kv_heads = k->ne[2];
        n_cells = k->ne[1];
        group = n_heads / n_kv_heads;
        n_rows = n_tokens * group;
        block_rows = group >= rows_at_once ? rows_at_once : rows_at_once / group * group;
        n_blocks = (n_rows + block_rows - 1) / block_rows;
        std::memcpy(&scale, op->op_params + 0, sizeof scale);
        std::memcpy(&max_bias, op->op_params + 1, sizeof max_bias);
        std::memcpy(&soft_cap, op->op_params + 2, sizeof soft_cap);
        const int64_t items = n_streams * n_kv_heads * n_blocks;
        const int64_t most = (n_cells + word - 1) / word;
        n_splits = 1;
        if (n_threads > 1 && n_cells >= cells_to_split && items < 4 * n_threads) {
            n_splits = (4 * n_threads + items - 1) / items;
            if (n_splits > most) n_splits = most;
        }
    }

    int64_t items() const { return n_streams * n_kv_heads * n_blocks * n_splits; }

    // What a part of the cells contributes to a row: its largest score, the total, the values.
    int64_t partial_width() const { return 2 + value_width; }

    float *partial(void *work, int64_t stream, int64_t kv_head, int64_t row, int64_t split) const {
        const int64_t index = ((stream * n_kv_heads + kv_head) * n_rows + row) * n_splits + split;
        return static_cast<float *>(work) + index * partial_width();
    }

    // How fast scores fall with distance, as ALiBi has it: a factor of the mask.
    float slope(int64_t head) const {
        if (max_bias <= 0.0f) return 1.0f;
        int64_t power = 1;
        while (power * 2 <= n_heads) power *= 2;
        return head < power ? powf(powf(2.0f, -max_bias / power), head + 1)
                            : powf(powf(2.0f, -max_bias / 2.0f / power), 2 * (head - power) + 1);
    }

    const uint16_t *mask_of(int64_t token, int64_t stream) const {
        const ggml_tensor *mask = tensor->src[3];
        if (mask == nullptr) return nullptr;
        return reinterpret_cast<const uint16_t *>(static_cast<const char *>(mask->data) + token * mask->nb[1] +
                                                  (stream % mask->ne[3]) * mask->nb[3]);
    }

    // Divides by the total, a sink's exponential included, and writes the row.
    void finish(int64_t stream, int64_t token, int64_t head, float largest_score, float total, float *value) const {
        if (tensor->src[4] != nullptr) {
            const float sink = static_cast<const float *>(tensor->src[4]->data)[head];
            if (sink > largest_score) {
                const float factor = total == 0.0f ? 0.0f : expf(largest_score - sink);
                total = total * factor + 1.0f;
                for (int64_t i = 0; i < value_width; ++i) value[i] *= factor;
            } else {
                total += expf(sink - largest_score);
            }
        }
        const float factor = total == 0.0f ? 0.0f : 1.0f / total;
        float *to = reinterpret_cast<float *>(static_cast<char *>(tensor->data) +
                                              ((stream * n_tokens + token) * n_heads + head) * tensor->nb[1]);
        for (int64_t i = 0; i < value_width; i += lanes) store(to + i, load(value + i) * factor);
    }
};

// A block of rows over one part of the cells.
class item {
public:
    item(const operation &op, int64_t index) : op(op) {
        split = index % op.n_splits;
        index /= op.n_splits;
        first_row = index % op.n_blocks * op.block_rows;
        index /= op.n_blocks;
        kv_head = index % op.n_kv_heads;
        stream = index / op.n_kv_heads;
        last_row = first_row + op.block_rows < op.n_rows ? first_row + op.block_rows : op.n_rows;
        first_token = first_row / op.group;
        n_tokens = static_cast<int>((last_row - 1) / op.group - first_token + 1);
    }

    void compute(attention_rows &rows, void *work) {
        const int n = static_cast<int>(last_row - first_row);
        rows.key_width = static_cast<int>(op.key_width);
        rows.value_width = static_cast<int>(op.value_width);
        rows.soft_cap = op.soft_cap;
        rows.clear(n);
        for (int row = 0; row < n; ++row) {
            const float *query = reinterpret_cast<const float *>(op.queries.at(token_of(row), head_of(row), stream));
            for (int64_t i = 0; i < op.key_width; i += lanes) store(rows.query[row] + i, load(query + i) * op.scale);
        }
        const int64_t n_words = (op.n_cells + word - 1) / word;
        for (int64_t at = split; at < n_words; at += segment_words * op.n_splits) add_segment(rows, at, n_words);
        for (int row = 0; row < n; ++row) {
            if (op.n_splits == 1) {
                op.finish(stream, token_of(row), head_of(row), rows.largest_score[row], rows.total[row], rows.value[row]);
            } else {
                float *partial = op.partial(work, stream, kv_head, first_row + row, split);
                partial[0] = rows.largest_score[row];
                partial[1] = rows.total[row];
                std::memcpy(partial + 2, rows.value[row], op.value_width * sizeof(float));
            }
        }
    }

private:
    const operation &op;
    int64_t split, first_row, last_row, kv_head, stream, first_token;
    int n_tokens;
    uint64_t seen[rows_at_once][segment_words]; // by each token, the cells of a segment

    int64_t token_of(int row) const { return (first_row + row) / op.group; }
    int64_t head_of(int row) const { return kv_head * op.group + (first_row + row) % op.group; }
    int first_row_of(int token) const {
        const int64_t row = (first_token + token) * op.group - first_row;
        return row < 0 ? 0 : static_cast<int>(row);
    }

    static uint64_t bits_at(const uint16_t *mask, int64_t cell, int64_t n_cells) {
        const int64_t left = n_cells - cell;
        const uint64_t there = left >= word ? ~uint64_t{0} : (uint64_t{1} << left) - 1;
        if (mask == nullptr) return there;
        if (left >= word) return bits_of_finite(mask + cell);
        uint64_t bits = 0;
        for (int64_t i = 0; i < left; ++i) bits |= static_cast<uint64_t>(mask[cell + i] != half_minus_infinity) << i;
        return bits;
    }

    // Tokens that see much the same cells are computed together, the others one by one.
    void add_segment(attention_rows &rows, int64_t first_word, int64_t n_words) {
        uint64_t any[segment_words] = {};
        int64_t n_seen = 0;
        int64_t n_any = 0;
        for (int token = 0; token < n_tokens; ++token) {
            const uint16_t *mask = op.mask_of(first_token + token, stream);
            for (int64_t i = 0; i < segment_words; ++i) {
                const int64_t at = first_word + i * op.n_splits;
                seen[token][i] = at < n_words ? bits_at(mask, at * word, op.n_cells) : 0;
                any[i] |= seen[token][i];
                n_seen += __builtin_popcountll(seen[token][i]);
            }
        }
        for (const uint64_t bits : any) n_any += __builtin_popcountll(bits);
        if (n_any == 0) return;
        if (n_any * n_tokens * 2 <= n_seen * 3) {
            add_cells(rows, first_word, any, 0, n_tokens);
        } else {
            for (int token = 0; token < n_tokens; ++token) add_cells(rows, first_word, seen[token], token, token + 1);
        }
    }

    void add_cells(attention_rows &rows, int64_t first_word, const uint64_t *bits, int from, int to) {
        int64_t cells[cells_at_once];
        int n = 0;
        for (int64_t i = 0; i < segment_words; ++i) {
            for (uint64_t left = bits[i]; left != 0; left &= left - 1) {
                cells[n++] = (first_word + i * op.n_splits) * word + __builtin_ctzll(left);
                if (n == cells_at_once) {
                    add_block(rows, cells, n, from, to);
                    n = 0;
                }
            }
        }
        if (n > 0) add_block(rows, cells, n, from, to);
    }

    void add_block(attention_rows &rows, const int64_t *cells, int n, int from, int to) {
        const uint16_t *keys[cells_at_once + 3];
        const uint16_t *values[cells_at_once];
        for (int i = 0; i < n; ++i) {
            keys[i] = reinterpret_cast<const uint16_t *>(op.keys.at(cells[i], kv_head, stream));
            values[i] = reinterpret_cast<const uint16_t *>(op.values.at(cells[i], kv_head, stream));
        }
        const int first = first_row_of(from);
        const int end = to == n_tokens ? static_cast<int>(last_row - first_row) : first_row_of(to);
        alignas(32) float bias[rows_at_once][cells_at_once];
        const float *biases[rows_at_once];
        bool any = false;
        for (int token = from; token < to; ++token) any |= write_biases(token, cells, n, end, bias, biases);
        rows.add(first, end, keys, values, n, any ? biases : nullptr);
    }

    // What a token's mask adds to the scores of its rows, if it is not nothing.
    bool write_biases(int token, const int64_t *cells, int n, int end, float (*bias)[cells_at_once], const float **biases) {
        const uint16_t *mask = op.mask_of(first_token + token, stream);
        uint16_t set = 0;
        if (mask != nullptr) {
            for (int i = 0; i < n; ++i) set |= mask[cells[i]];
        }
        const int first = first_row_of(token);
        const int after = first_row_of(token + 1) < end ? first_row_of(token + 1) : end;
        for (int row = first; row < after; ++row) {
            biases[row] = set == 0 ? nullptr : bias[op.max_bias > 0.0f ? row : first];
            if (set == 0 || (row > first && op.max_bias <= 0.0f)) continue;
            const float slope = op.slope(head_of(row));
            for (int i = 0; i < n; ++i) bias[row][i] = slope * float_of(mask[cells[i]]);
            for (int i = n; i < cells_at_once && i % lanes != 0; ++i) bias[row][i] = 0.0f;
        }
        return set != 0;
    }
};

// Joins what the parts of the cells contributed to a row.
void join(const operation &op, void *work, int64_t index) {
    const int64_t row = index % op.n_rows;
    const int64_t kv_head = index / op.n_rows % op.n_kv_heads;
    const int64_t stream = index / op.n_rows / op.n_kv_heads;
    float largest_score = -std::numeric_limits<float>::infinity();
    for (int64_t split = 0; split < op.n_splits; ++split) {
        const float score = op.partial(work, stream, kv_head, row, split)[0];
        if (score > largest_score) largest_score = score;
    }
    alignas(32) float value[widest_head] = {};
    float total = 0.0f;
    for (int64_t split = 0; split < op.n_splits; ++split) {
        const float *partial = op.partial(work, stream, kv_head, row, split);
        if (partial[1] == 0.0f) continue;
        const float factor = expf(partial[0] - largest_score);
        total += partial[1] * factor;
        for (int64_t i = 0; i < op.value_width; i += lanes) {
            store(value + i, load(value + i) + load(partial + 2 + i) * factor);
        }
    }
    op.finish(stream, row / op.group, kv_head * op.group + row % op.group, largest_score, total, value);
}

} // namespace

bool can_run_kernels() {
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
#else
    return true;
#endif
}

bool is_attention(const ggml_tensor *op) {
    if (op->op != GGML_OP_FLASH_ATTN_EXT) return false;
    const ggml_tensor *q = op->src[0];
    const ggml_tensor *k = op->src[1];
    const ggml_tensor *v = op->src[2];
    const ggml_tensor *mask = op->src[3];
    const ggml_tensor *sinks = op->src[4];
    return q->type == GGML_TYPE_F32 && k->type == GGML_TYPE_F16 && v->type == GGML_TYPE_F16 && op->type == GGML_TYPE_F32 &&
           q->nb[0] == sizeof(float) && k->nb[0] == sizeof(uint16_t) && v->nb[0] == sizeof(uint16_t) &&
           k->ne[0] % lanes == 0 && v->ne[0] % lanes == 0 && k->ne[0] <= widest_head && v->ne[0] <= widest_head &&
           q->ne[0] == k->ne[0] && v->ne[1] == k->ne[1] && v->ne[2] == k->ne[2] && q->ne[2] % k->ne[2] == 0 &&
           k->ne[3] == q->ne[3] && v->ne[3] == q->ne[3] &&
           (mask == nullptr || (mask->type == GGML_TYPE_F16 && mask->nb[0] == sizeof(uint16_t) && mask->ne[2] == 1 &&
                                mask->ne[0] >= k->ne[1] && mask->ne[1] >= q->ne[1])) &&
           (sinks == nullptr || sinks->type == GGML_TYPE_F32);
}

size_t attention_work_size(const ggml_tensor *tensor, int n_threads) {
    const operation op(tensor, n_threads);
    if (op.n_splits == 1) return 0;
    return static_cast<size_t>(op.n_streams * op.n_kv_heads * op.n_rows * op.n_splits * op.partial_width()) * sizeof(float);
}

void compute_attention(ggml_tensor *tensor, const kernel_thread &thread) {
    const operation op(tensor, thread.count);
    attention_rows rows;
    for (int64_t i = thread.index; i < op.items(); i += thread.count) item(op, i).compute(rows, thread.work);
    if (op.n_splits == 1) return;
    thread.await_others(thread.pool);
    const int64_t n = op.n_streams * op.n_kv_heads * op.n_rows;
    for (int64_t i = thread.index; i < n; i += thread.count) join(op, thread.work, i);
}

} // namespace corral

#else

namespace corral {

bool can_run_kernels() {
    return false;
}

bool is_attention(const ggml_tensor *) {
    return false;
}

size_t attention_work_size(const ggml_tensor *, int) {
    return 0;
}

void compute_attention(ggml_tensor *, const kernel_thread &) {}

} // namespace corral

#endif
