// Products of weights in Q4_1 with vectors, for each of which ggml unpacks the weights anew.
#pragma once

#include "kernel_thread.hpp"

#include <cstddef>

struct ggml_tensor;

namespace corral {

// Whether op is a GGML_OP_MUL_MAT of a matrix in Q4_1 with vectors of floats, and this processor's kind has a kernel.
bool is_q4_1_product(const ggml_tensor *op);

size_t q4_1_work_size(const ggml_tensor *op);

// This thread's part of op. A vector's result does not depend on the others, nor on the threads.
void compute_q4_1_product(ggml_tensor *op, const kernel_thread &thread);

} // namespace corral
