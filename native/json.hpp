// JSON from outside.
#pragma once

#include "json.h" // llama.cpp's

namespace corral {

// Throws failure(CORRAL_INVALID_ARGUMENT) for text that is no JSON, or nested deeper than recursion is safe with.
common_json parse_json(const char *text);

// The same limit for JSON that llama.cpp itself reads out of a string.
void require_shallow_json(const char *text);

} // namespace corral
