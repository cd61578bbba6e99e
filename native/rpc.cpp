// Devices of other machines, by ggml's RPC backend, which is loaded when the first is asked for.

#include "corral.h"
#include "error.hpp"

#include "ggml-backend.h"

#include <string>

namespace {

using add_server = ggml_backend_reg_t (*)(const char *endpoint);

add_server rpc_backend(const char *library) {
    ggml_backend_reg_t rpc = ggml_backend_reg_by_name("RPC");
    if (rpc == nullptr) {
        rpc = ggml_backend_load(library);
    }
    if (rpc == nullptr) {
        throw corral::failure(CORRAL_FAILED, std::string("the RPC backend can't be loaded: ") + library);
    }
    auto add = reinterpret_cast<add_server>(ggml_backend_reg_get_proc_address(rpc, "ggml_backend_rpc_add_server"));
    if (add == nullptr) {
        throw corral::failure(CORRAL_FAILED, "the RPC backend takes no servers");
    }
    return add;
}

} // namespace

int32_t corral_rpc_add_server(const char *library, const char *endpoint, corral_error *error) {
    return corral::guard(error, CORRAL_FAILED, [&] {
        ggml_backend_reg_t server = rpc_backend(library)(endpoint);
        if (server == nullptr) {
            throw corral::failure(CORRAL_FAILED, std::string(endpoint) + " offers no device");
        }
        ggml_backend_register(server);
    });
}
