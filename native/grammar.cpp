// Grammars that constrain what is sampled.

#include "corral.h"
#include "error.hpp"
#include "grammar_check.hpp"
#include "json.hpp"
#include "string.hpp"

#include "json-schema-to-grammar.h"

#include <memory>

using namespace corral;

namespace {

struct free_sampler {
    void operator()(llama_sampler *sampler) const { llama_sampler_free(sampler); }
};

// llama.cpp's grammar sampler, and what it asserts, thrown instead: it aborts on an end of generation that the grammar
// does not allow, and on any use after it threw.
struct checked_grammar {
    std::unique_ptr<llama_sampler, free_sampler> grammar;
    const llama_vocab *vocab;
    bool broken = false;

    void apply(llama_token_data_array *candidates) {
        require(!broken, "the grammar refused a token before and cannot go on");
        llama_sampler_apply(grammar.get(), candidates);
    }

    void accept(llama_token token) {
        require(!broken, "the grammar refused a token before and cannot go on");
        if (llama_vocab_is_eog(vocab, token)) {
            llama_token_data candidate = {token, 1.0f, 0.0f};
            llama_token_data_array candidates = {&candidate, 1, -1, false};
            llama_sampler_apply(grammar.get(), &candidates);
            require(candidate.logit == 1.0f, "the output ends where the grammar does not allow it");
        }
        broken = true;
        llama_sampler_accept(grammar.get(), token);
        broken = false;
    }

    void reset() {
        llama_sampler_reset(grammar.get());
        broken = false;
    }
};

checked_grammar &of(const llama_sampler *sampler) {
    return *static_cast<checked_grammar *>(sampler->ctx);
}

llama_sampler *sampler_of(std::unique_ptr<llama_sampler, free_sampler> grammar, const llama_vocab *vocab, bool broken);

llama_sampler_i checked_grammar_interface() {
    llama_sampler_i interface = {};
    interface.name = [](const llama_sampler *) { return "grammar"; };
    interface.accept = [](llama_sampler *sampler, llama_token token) { of(sampler).accept(token); };
    interface.apply = [](llama_sampler *sampler, llama_token_data_array *candidates) {
        of(sampler).apply(candidates);
    };
    interface.reset = [](llama_sampler *sampler) { of(sampler).reset(); };
    interface.clone = [](const llama_sampler *sampler) {
        const checked_grammar &original = of(sampler);
        return sampler_of(std::unique_ptr<llama_sampler, free_sampler>(llama_sampler_clone(original.grammar.get())),
                          original.vocab, original.broken);
    };
    interface.free = [](llama_sampler *sampler) { delete &of(sampler); };
    return interface;
}

llama_sampler *sampler_of(std::unique_ptr<llama_sampler, free_sampler> grammar, const llama_vocab *vocab, bool broken) {
    static llama_sampler_i interface = checked_grammar_interface();
    auto checked = std::make_unique<checked_grammar>(checked_grammar{std::move(grammar), vocab, broken});
    llama_sampler *sampler = llama_sampler_init(&interface, checked.get());
    checked.release();
    return sampler;
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
        check_grammar(vocab, gbnf, root);
        for (int32_t i = 0; i < n_trigger_patterns; ++i) {
            require(trigger_patterns[i] != nullptr, "a trigger pattern is NULL");
            check_trigger_pattern(trigger_patterns[i]);
        }
        for (int32_t i = 0; i < n_trigger_tokens; ++i) {
            require(trigger_tokens[i] >= 0 && trigger_tokens[i] < llama_vocab_n_tokens(vocab),
                    "a trigger token is not in the vocabulary");
        }

        std::unique_ptr<llama_sampler, free_sampler> created(
            lazy ? llama_sampler_init_grammar_lazy_patterns(vocab, gbnf, root, trigger_patterns, n_trigger_patterns,
                                                            trigger_tokens, n_trigger_tokens)
                 : llama_sampler_init_grammar(vocab, gbnf, root));
        require(created != nullptr, "llama.cpp refused the grammar (see its log)");
        *grammar = sampler_of(std::move(created), vocab, false);
    });
}

int32_t corral_schema_to_grammar(const char *schema, char **gbnf, corral_error *error) {
    return guard(error, CORRAL_INVALID_ARGUMENT, [&] {
        require(schema != nullptr, "the schema is NULL");
        require(gbnf != nullptr, "there is nowhere to put the grammar");
        *gbnf = hand_out(json_schema_to_grammar(parse_json(schema), true));
    });
}
