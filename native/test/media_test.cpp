#include "check.hpp"
#include "model.hpp"

#include <cstdint>

using namespace corral_test;

TEST("what is missing for images is an error, and no crash") {
    corral_error error = {};
    mtmd_context *projector = nullptr;
    CHECK(corral_projector_open(nullptr, "none.gguf", false, 1, -1, -1, &projector, &error) ==
          CORRAL_INVALID_ARGUMENT);
    mtmd_bitmap *media = nullptr;
    const uint8_t byte = 0;
    CHECK(corral_media_read(nullptr, &byte, 1, &media, &error) == CORRAL_INVALID_ARGUMENT);
    mtmd_input_chunks *chunks = nullptr;
    CHECK(corral_media_tokenize(nullptr, nullptr, nullptr, nullptr, nullptr, 0, true, &chunks, &error) ==
          CORRAL_INVALID_ARGUMENT);
    CHECK(corral_media_encode(nullptr, nullptr, &error) == CORRAL_INVALID_ARGUMENT);
    CHECK(corral_media_decode(nullptr, nullptr, nullptr, 0, 0, &error) == CORRAL_INVALID_ARGUMENT);
    CHECK(projector == nullptr && media == nullptr && chunks == nullptr);
}

TEST("a file that is no projector is refused") {
    corral_error error = {};
    mtmd_context *projector = nullptr;
    CHECK(corral_projector_open(model(), "no-such-file.gguf", false, 1, -1, -1, &projector, &error) == CORRAL_FAILED);
    CHECK(projector == nullptr);
    CHECK(corral_projector_open(model(), "no-such-file.gguf", false, 0, -1, -1, &projector, &error) ==
          CORRAL_INVALID_ARGUMENT);
}
