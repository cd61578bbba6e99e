// Refuses, with the reason, grammars that llama.cpp would refuse silently or not survive.
#pragma once

#include "corral.h"
#include "grammar_automaton.hpp"

#include <string>

namespace corral {

// Throws failure(CORRAL_INVALID_ARGUMENT) unless `gbnf` is a grammar that llama.cpp can run from the symbol `root`.
std::shared_ptr<const GrammarRules> read_grammar(const llama_vocab *vocab, const char *gbnf, const char *root);

// The same for a regular expression that triggers a lazy grammar.
std::regex compile_trigger(const char *pattern);

} // namespace corral
