// A grammar as a sampler.
#pragma once

#include "corral.h"
#include "grammar_automaton.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace corral {

// What a lazy grammar waits for.
struct GrammarTriggers {
    std::vector<llama_grammar_trigger_pattern> patterns;
    std::vector<llama_token> tokens;
};

// Text that a lazy grammar does not listen to: from a tag to the first of others after it.
struct IgnoredText {
    std::string start;
    std::vector<std::string> ends;
};

// `triggers` is nullptr for a grammar that holds from the first token on.
llama_sampler *grammar_sampler(const llama_vocab *vocab, std::shared_ptr<const GrammarRules> rules,
                               std::shared_ptr<const GrammarTriggers> triggers);

// Lets a sampler of grammar_sampler() read text that comes before what it is to sample.
void grammar_begin(llama_sampler *sampler, std::string_view text);

// `before` is what the output goes on from, which may have begun what is ignored.
void grammar_ignore(llama_sampler *sampler, IgnoredText ignored, std::string_view before);

} // namespace corral
