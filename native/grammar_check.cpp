#include "grammar_check.hpp"

#include "error.hpp"
#include "grammar_text.hpp"
#include "llama-grammar.h" // llama.cpp's parser: it prints why it refuses a grammar, but its parse_rule throws it

#include <algorithm>
#include <regex>
#include <vector>

namespace corral {

namespace {

constexpr uint32_t max_chain = 5000;         // rules that begin with each other
constexpr uint64_t max_paths = 20000;        // and the ways through them
constexpr int max_trigger_parentheses = 500; // the compiler of regular expressions recurses into them

// The rules of a grammar: what must not reach the automaton, which expands leftmost rules until it has a character.
class Rules {
  public:
    explicit Rules(const llama_grammar_parser &parser)
        : rules(parser.rules), names(std::max(parser.rules.size(), parser.symbol_ids.size())),
          may_be_empty(rules.size()), state(rules.size(), State::unseen), chain(rules.size(), 1),
          paths(rules.size(), 1) {
        for (const auto &[name, id] : parser.symbol_ids) {
            names.at(id) = name;
        }
    }

    void check() {
        for (uint32_t id = 0; id < rules.size(); ++id) {
            require_defined(id);
            for (const llama_grammar_element &element : rules[id]) {
                if (element.type == LLAMA_GRETYPE_RULE_REF) {
                    require_defined(element.value);
                }
            }
        }
        find_empty();
        for (uint32_t id = 0; id < rules.size(); ++id) {
            if (state[id] == State::unseen) {
                follow_leftmost(id);
            }
        }
    }

  private:
    enum class State { unseen, open, done };

    const llama_grammar_rules &rules;
    std::vector<std::string> names;
    std::vector<bool> may_be_empty;
    std::vector<State> state;
    std::vector<uint32_t> chain; // rules on the longest leftmost path down from a rule
    std::vector<uint64_t> paths; // leftmost paths down from a rule

    void require_defined(uint32_t id) const {
        if (id >= rules.size() || rules[id].empty()) {
            refuse("the grammar has no rule '" + names.at(id) + "'");
        }
    }

    static bool ends_alternative(const llama_grammar_element &element) {
        return element.type == LLAMA_GRETYPE_END || element.type == LLAMA_GRETYPE_ALT;
    }

    bool can_be_empty(const llama_grammar_rule &rule) const {
        bool empty = true; // the alternative, so far
        for (const llama_grammar_element &element : rule) {
            if (ends_alternative(element)) {
                if (empty) {
                    return true;
                }
                empty = true;
            } else {
                empty = empty && element.type == LLAMA_GRETYPE_RULE_REF && may_be_empty[element.value];
            }
        }
        return false;
    }

    void find_empty() {
        for (bool changed = true; changed;) {
            changed = false;
            for (uint32_t id = 0; id < rules.size(); ++id) {
                if (!may_be_empty[id] && can_be_empty(rules[id])) {
                    may_be_empty[id] = changed = true;
                }
            }
        }
    }

    // The rules that what matches a rule may begin with. A rule that goes on with itself where it would end, as a
    // repetition of what may be empty does, leaves nothing to come back to: expanding it again finds what was found.
    std::vector<uint32_t> leftmost(uint32_t id) const {
        std::vector<uint32_t> result;
        bool at_start = true;
        for (size_t i = 0; i < rules[id].size(); ++i) {
            const llama_grammar_element &element = rules[id][i];
            if (ends_alternative(element)) {
                at_start = true;
            } else if (at_start) {
                at_start = element.type == LLAMA_GRETYPE_RULE_REF && may_be_empty[element.value];
                const bool again = element.value == id && ends_alternative(rules[id][i + 1]);
                if (element.type == LLAMA_GRETYPE_RULE_REF && !again) {
                    result.push_back(element.value);
                }
            }
        }
        return result;
    }

    void follow_leftmost(uint32_t start) {
        struct Visit {
            uint32_t id;
            std::vector<uint32_t> below;
            size_t n_done;
        };
        std::vector<Visit> open;
        const auto enter = [&](uint32_t id) {
            state[id] = State::open;
            open.push_back({id, leftmost(id), 0});
        };
        enter(start);
        while (!open.empty()) {
            Visit &visit = open.back();
            const uint32_t id = visit.id;
            if (visit.n_done == visit.below.size()) {
                state[id] = State::done;
                open.pop_back();
                continue;
            }
            const uint32_t below = visit.below[visit.n_done];
            if (state[below] == State::open) {
                refuse("rule '" + names[below] + "' of the grammar is left-recursive");
            }
            if (state[below] == State::unseen) {
                enter(below);
                continue;
            }
            ++visit.n_done;
            chain[id] = std::max(chain[id], chain[below] + 1);
            paths[id] += paths[below];
            if (chain[id] > max_chain || paths[id] > max_paths) {
                refuse("what rule '" + names[id] + "' of the grammar begins with goes through too many other rules");
            }
        }
    }
};

llama_grammar_parser parse(const llama_vocab *vocab, const char *gbnf) {
    llama_grammar_parser parser(vocab);
    const char *pos = skip_grammar_space(gbnf);
    while (*pos != '\0') {
        pos = parser.parse_rule(pos);
    }
    return parser;
}

} // namespace

std::shared_ptr<const GrammarRules> read_grammar(const llama_vocab *vocab, const char *gbnf, const char *root) {
    check_grammar_text(gbnf);
    llama_grammar_parser parser = parse(vocab, gbnf);
    require(!parser.rules.empty(), "the grammar is empty");
    const auto start = parser.symbol_ids.find(root);
    if (start == parser.symbol_ids.end()) {
        refuse("the grammar has no rule '" + std::string(root) + "'");
    }
    Rules(parser).check();
    return std::make_shared<const GrammarRules>(std::move(parser.rules), start->second);
}

std::regex compile_trigger(const char *pattern) {
    const std::string_view text = pattern;
    if (std::count(text.begin(), text.end(), '(') > max_trigger_parentheses) {
        refuse("a trigger pattern has more than " + std::to_string(max_trigger_parentheses) + " parentheses");
    }
    try {
        return std::regex(pattern);
    } catch (const std::regex_error &e) {
        refuse("trigger pattern '" + std::string(pattern) + "': " + e.what());
    }
}

} // namespace corral
