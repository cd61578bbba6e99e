// How far a text has come in a grammar, as states of an automaton that is made as it is needed.
//
// llama.cpp follows each way to read a text by itself, and there can be exponentially many: an ambiguous grammar keeps it
// busy for hours. Here ways that end alike are one, each step is taken once, and a grammar that is still too ambiguous is
// an error after a bounded amount of work.
#pragma once

#include "llama-grammar.h"

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace corral {

// A UTF-8 sequence that has begun: the bits so far, and how many bytes are missing.
struct PartialCharacter {
    uint32_t bits = 0;
    int missing = 0;
};

// The rules of a grammar. Never moved: elements point to each other's neighbours.
struct GrammarRules {
    llama_grammar_rules rules;
    uint32_t root;
    std::vector<std::vector<const llama_grammar_element *>> alternatives; // of each rule, where they begin
    bool names_tokens;                                                    // by their ids

    GrammarRules(llama_grammar_rules rules, uint32_t root);
    GrammarRules(const GrammarRules &) = delete;
};

class GrammarAutomaton {
  public:
    using State = int32_t;
    static constexpr State dead = -1;

    explicit GrammarAutomaton(std::shared_ptr<const GrammarRules> rules);

    // One of its own that has come to the same state, its `now`.
    GrammarAutomaton(const GrammarAutomaton &other);

    const GrammarRules &grammar() const { return *rules; }
    State now() const { return current; }
    void go_on(State state);
    void restart();

    // The state after a character; `dead` when the grammar does not allow it.
    State after(State state, uint32_t character);
    // The state after a token that the grammar names by its id.
    State after_token(State state, llama_token token);
    State either(State one, State other);

    bool may_end(State state) const { return state != dead && states[state].may_end; }
    // Whether a character that begins so may follow.
    bool may_follow(State state, const PartialCharacter &character) const;

    // Every public step shares one budget of work, until this grants a new one.
    void grant_work() { work = 0; }

  private:
    using Node = uint32_t; // a stack: its top, and the stack below
    static constexpr Node empty = 0;
    static constexpr State unknown = -2;

    struct Level {
        const llama_grammar_element *top;
        Node below;
    };

    struct Place {
        std::vector<Node> stacks; // sorted; the tops are characters or tokens
        bool may_end;
        std::unique_ptr<std::array<State, 128>> after_ascii;
        std::unordered_map<uint32_t, State> after_other;
    };

    std::shared_ptr<const GrammarRules> rules;
    std::vector<Level> levels;
    std::unordered_map<uint64_t, std::vector<Node>> nodes; // by hash
    std::vector<Place> states;
    std::unordered_map<uint64_t, std::vector<State>> places; // by hash
    std::vector<uint64_t> visited;                           // by node: the expansion that has been there
    uint64_t expansion = 0;
    std::vector<Node> todo;
    std::vector<Node> found;
    State current = dead;
    uint64_t work = 0;

    void clear();
    Node push(Node below, const llama_grammar_element *top);
    Node push_rest(Node below, const llama_grammar_element *rest);
    void begin_expansion();
    void expand(Node node);
    State place_of_found();
    State compute_after(State state, uint32_t character);
    void spend(uint64_t amount);
    void start();
    void copy_stacks(const GrammarAutomaton &from, State state);
};

} // namespace corral
