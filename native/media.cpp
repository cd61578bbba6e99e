// Images and sound, by mtmd. What it asserts is checked here, where it can still be refused.

#include "corral.h"
#include "decoding.hpp"
#include "error.hpp"

#include "mtmd-helper.h"
#include "mtmd.h"

#include <memory>
#include <vector>

using namespace corral;

namespace {

bool is_media(const mtmd_input_chunk *chunk) {
    return mtmd_input_chunk_get_type(chunk) != MTMD_INPUT_CHUNK_TYPE_TEXT;
}

} // namespace

int32_t corral_projector_open(const llama_model *model, const char *file, bool use_gpu, int32_t n_threads,
                              int32_t min_tokens, int32_t max_tokens, mtmd_context **projector, corral_error *error) {
    return guard(error, CORRAL_FAILED, [&] {
        require(model != nullptr, "model is NULL");
        require(file != nullptr, "file is NULL");
        require(n_threads > 0, "n_threads must be positive");
        mtmd_context_params params = mtmd_context_params_default();
        params.use_gpu = use_gpu;
        params.print_timings = false;
        params.n_threads = n_threads;
        params.image_min_tokens = min_tokens;
        params.image_max_tokens = max_tokens;
        mtmd_context *opened = mtmd_init_from_file(file, model, params);
        if (opened == nullptr) {
            throw failure(CORRAL_FAILED, "the projector can't be loaded");
        }
        *projector = opened;
    });
}

int32_t corral_media_read(const mtmd_context *projector, const uint8_t *file, size_t size, mtmd_bitmap **media,
                          corral_error *error) {
    return guard(error, CORRAL_FAILED, [&] {
        require(projector != nullptr, "projector is NULL");
        require(file != nullptr && size > 0, "the file is empty");
        const mtmd_helper_bitmap_wrapper read =
            mtmd_helper_bitmap_init_from_buf(projector, file, size, false, mtmd_helper_init_opt_default());
        require(read.bitmap != nullptr, "neither an image nor a sound that can be read");
        *media = read.bitmap;
    });
}

int32_t corral_media_tokenize(const mtmd_context *projector, const char *const *texts, const size_t *lengths,
                              const bool *parse_special, const mtmd_bitmap *const *media, int32_t n_parts,
                              bool add_special, mtmd_input_chunks **chunks, corral_error *error) {
    return guard(error, CORRAL_FAILED, [&] {
        require(projector != nullptr, "projector is NULL");
        require(n_parts > 0, "there are no parts");
        std::vector<mtmd_input_text> written(n_parts);
        std::vector<mtmd_input_part> parts(n_parts);
        std::vector<const mtmd_input_part *> pointers(n_parts);
        for (int32_t i = 0; i < n_parts; ++i) {
            require((texts[i] == nullptr) != (media[i] == nullptr), "a part must be a text or media");
            require(media[i] == nullptr || (mtmd_bitmap_get_nx(media[i]) > 0 && mtmd_bitmap_get_ny(media[i]) > 0),
                    "an empty image or sound");
            written[i] = {texts[i], lengths[i], false, parse_special[i]};
            parts[i] = {texts[i] == nullptr ? nullptr : &written[i], media[i]};
            pointers[i] = &parts[i];
        }
        std::unique_ptr<mtmd_input_chunks, decltype(&mtmd_input_chunks_free)> result(mtmd_input_chunks_init(),
                                                                                     mtmd_input_chunks_free);
        const int32_t code =
            mtmd_tokenize_from_parts(projector, result.get(), pointers.data(), pointers.size(), add_special);
        require(code == 0, "the projector can't take it");
        *chunks = result.release();
    });
}

int32_t corral_media_encode(mtmd_context *projector, const mtmd_input_chunk *chunk, corral_error *error) {
    return guard(error, CORRAL_FAILED, [&] {
        require(projector != nullptr, "projector is NULL");
        require(chunk != nullptr && is_media(chunk), "the chunk is neither an image nor sound");
        if (mtmd_encode_chunk(projector, chunk) != 0) {
            throw failure(CORRAL_FAILED, "encoding failed");
        }
    });
}

int32_t corral_media_decode(mtmd_context *projector, llama_context *context, const mtmd_input_chunk *chunk,
                            llama_pos position, llama_seq_id sequence, corral_error *error) {
    return guard(error, CORRAL_FAILED, [&] {
        require(projector != nullptr, "projector is NULL");
        require(context != nullptr, "context is NULL");
        require(chunk != nullptr && is_media(chunk), "the chunk is neither an image nor sound");
        require(sequence >= 0 && static_cast<uint32_t>(sequence) < llama_n_seq_max(context), "no such sequence");
        const size_t tokens = mtmd_input_chunk_get_n_tokens(chunk);
        if (mtmd_decode_use_non_causal(projector, chunk)) {
            require(tokens <= llama_n_ubatch(context), "the chunk must be computed at once and is larger than n_ubatch");
        }
        llama_pos next = position;
        check_decoded(mtmd_helper_decode_image_chunk(projector, context, chunk, mtmd_get_output_embd(projector),
                                                     position, sequence, static_cast<int32_t>(llama_n_batch(context)),
                                                     &next, nullptr, nullptr));
    });
}
