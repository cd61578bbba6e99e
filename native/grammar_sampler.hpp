// A grammar as a sampler.
#pragma once

#include "corral.h"
#include "grammar_automaton.hpp"

#include <memory>
#include <string>
#include <vector>

namespace corral {

// What a lazy grammar waits for.
struct GrammarTriggers {
    std::vector<llama_grammar_trigger_pattern> patterns;
    std::vector<llama_token> tokens;
};

// `triggers` is nullptr for a grammar that holds from the first token on.
llama_sampler *grammar_sampler(const llama_vocab *vocab, std::shared_ptr<const GrammarRules> rules,
                               std::shared_ptr<const GrammarTriggers> triggers);

} // namespace corral
