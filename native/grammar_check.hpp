// Refuses, with the reason, grammars that llama.cpp would refuse silently or not survive.
#pragma once

#include "corral.h"

#include <string>

namespace corral {

// Throws failure(CORRAL_INVALID_ARGUMENT) unless `gbnf` is a grammar that llama.cpp can run from the symbol `root`.
void check_grammar(const llama_vocab *vocab, const char *gbnf, const char *root);

// The same for a regular expression that triggers a lazy grammar.
void check_trigger_pattern(const char *pattern);

} // namespace corral
