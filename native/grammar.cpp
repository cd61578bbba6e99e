// Grammars that constrain what is sampled.

#include "corral.h"
#include "error.hpp"
#include "grammar_check.hpp"
#include "grammar_sampler.hpp"
#include "json.hpp"
#include "string.hpp"

#include "json-schema-to-grammar.h"

using namespace corral;

namespace {

std::shared_ptr<const GrammarTriggers> read_triggers(const llama_vocab *vocab, const char **patterns,
                                                     int32_t n_patterns, const llama_token *tokens, int32_t n_tokens) {
    auto triggers = std::make_shared<GrammarTriggers>();
    for (int32_t i = 0; i < n_patterns; ++i) {
        require(patterns[i] != nullptr, "a trigger pattern is NULL");
        triggers->patterns.push_back({patterns[i], compile_trigger(patterns[i])});
    }
    for (int32_t i = 0; i < n_tokens; ++i) {
        require(tokens[i] >= 0 && tokens[i] < llama_vocab_n_tokens(vocab), "a trigger token is not in the vocabulary");
        triggers->tokens.push_back(tokens[i]);
    }
    return triggers;
}

} // namespace

int32_t corral_grammar_create(const llama_vocab *vocab, const char *gbnf, const char *root, bool lazy,
                              const char **trigger_patterns, int32_t n_trigger_patterns,
                              const llama_token *trigger_tokens, int32_t n_trigger_tokens, llama_sampler **grammar,
                              corral_error *error) {
    return guard(error, CORRAL_INVALID_ARGUMENT, [&] {
        require(vocab != nullptr, "vocab is NULL");
        require(gbnf != nullptr, "the grammar is NULL");
        require(root != nullptr, "root is NULL");
        require(grammar != nullptr, "there is nowhere to put the grammar");
        require(n_trigger_patterns >= 0 && n_trigger_tokens >= 0, "a count is negative");
        require(n_trigger_patterns == 0 || trigger_patterns != nullptr, "trigger_patterns is NULL");
        require(n_trigger_tokens == 0 || trigger_tokens != nullptr, "trigger_tokens is NULL");
        require(!lazy || n_trigger_patterns + n_trigger_tokens > 0, "a lazy grammar needs a trigger");

        require(std::string_view(gbnf).substr(0, 11) != "%llguidance", "llguidance grammars are not supported");
        std::shared_ptr<const GrammarRules> rules = read_grammar(vocab, gbnf, root);
        std::shared_ptr<const GrammarTriggers> triggers =
            read_triggers(vocab, trigger_patterns, n_trigger_patterns, trigger_tokens, n_trigger_tokens);
        *grammar = grammar_sampler(vocab, std::move(rules), lazy ? std::move(triggers) : nullptr);
    });
}

int32_t corral_grammar_begin(llama_sampler *grammar, const char *text, corral_error *error) {
    return guard(error, CORRAL_FAILED, [&] {
        require(grammar != nullptr, "the grammar is NULL");
        require(text != nullptr, "the text is NULL");
        grammar_begin(grammar, text);
    });
}

int32_t corral_grammar_ignore(llama_sampler *grammar, const char *start, const char **ends, int32_t n_ends,
                              const char *before, corral_error *error) {
    return guard(error, CORRAL_FAILED, [&] {
        require(grammar != nullptr, "the grammar is NULL");
        require(start != nullptr && *start != '\0', "the start is empty");
        require(n_ends > 0 && ends != nullptr, "there is no end");
        require(before != nullptr, "what comes before is NULL");
        IgnoredText ignored = {start, {}};
        for (int32_t i = 0; i < n_ends; ++i) {
            require(ends[i] != nullptr && *ends[i] != '\0', "an end is empty");
            ignored.ends.emplace_back(ends[i]);
        }
        grammar_ignore(grammar, std::move(ignored), before);
    });
}

int32_t corral_schema_to_grammar(const char *schema, char **gbnf, corral_error *error) {
    return guard(error, CORRAL_INVALID_ARGUMENT, [&] {
        require(schema != nullptr, "the schema is NULL");
        require(gbnf != nullptr, "there is nowhere to put the grammar");
        *gbnf = hand_out(json_schema_to_grammar(parse_json(schema), true));
    });
}
