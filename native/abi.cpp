// What was built: the version, and the layouts of the structs that the bindings read and write.

#include "corral.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#define SIZE(type) {#type, static_cast<int64_t>(sizeof(type))}
#define LAST(type, field) {#type "." #field, static_cast<int64_t>(offsetof(type, field))}

namespace {

const corral_layout layouts_of_this_build[] = {
    SIZE(llama_model_params),
    LAST(llama_model_params, load_mtp),
    SIZE(llama_context_params),
    LAST(llama_context_params, ctx_other),
    SIZE(llama_batch),
    LAST(llama_batch, logits),
    SIZE(llama_token_data),
    LAST(llama_token_data, p),
    SIZE(llama_token_data_array),
    LAST(llama_token_data_array, sorted),
    SIZE(llama_logit_bias),
    LAST(llama_logit_bias, bias),
    SIZE(llama_sampler_chain_params),
    LAST(llama_sampler_chain_params, no_perf),
    SIZE(llama_perf_context_data),
    LAST(llama_perf_context_data, n_reused),
    SIZE(llama_model_kv_override),
    LAST(llama_model_kv_override, val_str),
    SIZE(corral_error),
    LAST(corral_error, message),
    SIZE(corral_layout),
    LAST(corral_layout, value),
    SIZE(corral_row),
    LAST(corral_row, message),
    SIZE(corral_score),
    LAST(corral_score, top_logprobs),
};

} // namespace

const char *corral_version(void) {
    static const std::string version = std::string("llama.cpp ") + llama_version();
    return version.c_str();
}

int32_t corral_layouts(corral_layout *layouts, int32_t capacity) {
    const int32_t count = static_cast<int32_t>(std::size(layouts_of_this_build));
    if (layouts != nullptr && capacity > 0) {
        std::copy_n(layouts_of_this_build, std::min(count, capacity), layouts);
    }
    return count;
}

void corral_free_string(char *string) {
    std::free(string);
}
