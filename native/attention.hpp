// Attention on CPUs: softmax(scale · QKᵀ + mask) · V over keys and values of half precision.
#pragma once

#include "kernel_thread.hpp"

#include <cstddef>

struct ggml_tensor;

namespace corral {

// Whether this machine has the instructions that this kernel and the others are compiled for.
bool can_run_kernels();

// Whether op is a GGML_OP_FLASH_ATTN_EXT of a shape that the kernel computes. It depends on types and shapes alone.
bool is_attention(const ggml_tensor *op);

size_t attention_work_size(const ggml_tensor *op, int n_threads);

// This thread's part of op. Sums are in single precision; the order of a row's terms depends on its own mask and on those of
// the rows of the same head next to it.
void compute_attention(ggml_tensor *op, const kernel_thread &thread);

} // namespace corral
