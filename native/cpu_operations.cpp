// Operations of ggml's CPU backend that Corral computes itself.
//
// Before the backend computes an operation, it asks what it calls extra buffer types whether one of them does. Corral adds
// an entry that does, and is no type for buffers: the list for those who allocate was taken before. The backend may have
// been loaded at run time, so nothing here is linked with it.

#include "corral.h"

#include "attention.hpp"
#include "q4_1_product.hpp"

#include "ggml-backend-impl.h"
#include "ggml-cpu-impl.h"

#include <dlfcn.h>
#include <mutex>
#include <vector>

namespace {

// The layouts of ggml::cpu::tensor_traits and ggml::cpu::extra_buffer_type (ggml-cpu/traits.h), whose own
// definitions would need the backend's library.
struct traits {
    virtual ~traits() = default;
    virtual bool work_size(int n_threads, const ggml_tensor *op, size_t &size) = 0;
    virtual bool compute_forward(ggml_compute_params *params, ggml_tensor *op) = 0;
};

struct buffer_type {
    virtual ~buffer_type() = default;
    virtual bool supports_op(ggml_backend_dev_t device, const ggml_tensor *op) = 0;
    virtual traits *get_tensor_traits(const ggml_tensor *op) = 0;
};

// What the backend's threads do together, as it exports it.
struct {
    void (*await_others)(void *pool);
    void (*set_next)(void *pool, int value);
    int (*take_next)(void *pool, int add);
} threads;

corral::kernel_thread thread_of(const ggml_compute_params *params) {
    return {params->ith, params->nth, params->wdata, params->threadpool, threads.await_others, threads.set_next,
            threads.take_next};
}

struct attention final : traits {
    bool work_size(int n_threads, const ggml_tensor *op, size_t &size) override {
        size = corral::attention_work_size(op, n_threads);
        return true;
    }

    bool compute_forward(ggml_compute_params *params, ggml_tensor *op) override {
        corral::compute_attention(op, thread_of(params));
        return true;
    }
};

struct q4_1_product final : traits {
    bool work_size(int, const ggml_tensor *op, size_t &size) override {
        size = corral::q4_1_work_size(op);
        return true;
    }

    bool compute_forward(ggml_compute_params *params, ggml_tensor *op) override {
        corral::compute_q4_1_product(op, thread_of(params));
        return true;
    }
};

struct operations final : buffer_type {
    attention of_attention;
    q4_1_product of_q4_1;

    bool supports_op(ggml_backend_dev_t, const ggml_tensor *) override { return false; }

    traits *get_tensor_traits(const ggml_tensor *op) override {
        if (corral::is_attention(op)) return &of_attention;
        return corral::is_q4_1_product(op) ? &of_q4_1 : nullptr;
    }
};

// What the CPU backend's library exports by a name, or null.
void *in_backend(ggml_backend_reg_t backend, const char *symbol) {
    Dl_info place;
    void *some_function = ggml_backend_reg_get_proc_address(backend, "ggml_backend_set_n_threads");
    if (some_function == nullptr || dladdr(some_function, &place) == 0) return nullptr;
    void *library = dlopen(place.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
    if (library == nullptr) return nullptr;
    void *address = dlsym(library, symbol);
    dlclose(library);
    return address;
}

template <typename Function> void find(Function *&function, ggml_backend_reg_t backend, const char *symbol) {
    function = reinterpret_cast<Function *>(in_backend(backend, symbol));
}

bool install() {
    if (!corral::can_run_kernels()) return false;
    ggml_backend_dev_t device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
    if (device == nullptr) return false;
    ggml_backend_reg_t backend = ggml_backend_dev_backend_reg(device);
    using live_list = std::vector<ggml_backend_buffer_type_t> &();
    using list_for_buffers = ggml_backend_buffer_type_t *(ggml_backend_dev_t);
    live_list *live;
    find(live, backend, "_Z39ggml_backend_cpu_get_extra_buffer_typesv");
    auto *for_buffers = reinterpret_cast<list_for_buffers *>(
        ggml_backend_reg_get_proc_address(backend, "ggml_backend_dev_get_extra_bufts"));
    find(threads.await_others, backend, "ggml_barrier");
    find(threads.set_next, backend, "ggml_threadpool_chunk_set");
    find(threads.take_next, backend, "ggml_threadpool_chunk_add");
    const bool found = live != nullptr && for_buffers != nullptr && threads.await_others != nullptr &&
                       threads.set_next != nullptr && threads.take_next != nullptr;
    if (!found) return false;

    for_buffers(device); // it takes its copy of the list now
    static operations all;
    static ggml_backend_buffer_type entry = {};
    entry.device = device;
    entry.context = static_cast<buffer_type *>(&all);
    live().push_back(&entry);
    return true;
}

} // namespace

bool corral_add_cpu_operations(void) {
    static std::once_flag once;
    static bool added = false;
    std::call_once(once, [] { added = install(); });
    return added;
}
