// Operations computed by ggml's CPU backend, on tensors that a test fills.
#pragma once

#include "check.hpp"

#include "ggml-alloc.h"
#include "ggml-backend.h"
#include "ggml.h"

#include <memory>

namespace corral_test {

class cpu_backend {
public:
    explicit cpu_backend(int n_threads)
        : backend(ggml_backend_dev_init(device(), nullptr), ggml_backend_free),
          tensors(ggml_init({ggml_tensor_overhead() * 16 + ggml_graph_overhead(), nullptr, true}), ggml_free),
          buffer(nullptr, ggml_backend_buffer_free) {
        reinterpret_cast<ggml_backend_set_n_threads_t>(ggml_backend_reg_get_proc_address(
            ggml_backend_dev_backend_reg(device()), "ggml_backend_set_n_threads"))(backend.get(), n_threads);
    }

    // Where tensors are declared.
    ggml_context *context() { return tensors.get(); }

    // All of them are declared: they get their memory.
    void allocate() { buffer.reset(ggml_backend_alloc_ctx_tensors(context(), backend.get())); }

    std::vector<float> compute(ggml_tensor *result) {
        ggml_cgraph *graph = ggml_new_graph(context());
        ggml_build_forward_expand(graph, result);
        CHECK(ggml_backend_graph_compute(backend.get(), graph) == GGML_STATUS_SUCCESS);
        std::vector<float> found(ggml_nelements(result));
        ggml_backend_tensor_get(result, found.data(), 0, ggml_nbytes(result));
        return found;
    }

private:
    std::unique_ptr<ggml_backend, void (*)(ggml_backend_t)> backend;
    std::unique_ptr<ggml_context, void (*)(ggml_context *)> tensors;
    std::unique_ptr<ggml_backend_buffer, void (*)(ggml_backend_buffer_t)> buffer;

    static ggml_backend_dev_t device() { return ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU); }
};

} // namespace corral_test
