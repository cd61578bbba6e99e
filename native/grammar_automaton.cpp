#include "grammar_automaton.hpp"

#include "error.hpp"

#include <algorithm>

namespace corral {

namespace {

constexpr uint64_t max_work = 2000000;  // stacks looked at for one token or one row, a tenth of a second's worth
constexpr size_t max_stacks = 20000;    // of one state
constexpr size_t max_levels = 4000000;  // of all stacks together
constexpr size_t many_states = 4096;    // that are remembered before all but the present one are forgotten
constexpr size_t many_levels = 1000000;

bool ends(const llama_grammar_element *element) {
    return element->type == LLAMA_GRETYPE_END || element->type == LLAMA_GRETYPE_ALT;
}

bool is_token(const llama_grammar_element *element) {
    return element->type == LLAMA_GRETYPE_TOKEN || element->type == LLAMA_GRETYPE_TOKEN_NOT;
}

// A set of characters: its first element, and the alternatives and upper ends that follow.
class Characters {
  public:
    explicit Characters(const llama_grammar_element *first) : first(first) {}

    bool contain(uint32_t character) const {
        return negated() != any([=](uint32_t from, uint32_t to) { return from <= character && character <= to; });
    }

    // llama.cpp's: a negated set that holds one of the possible characters holds none.
    bool may_contain(const PartialCharacter &partial) const {
        if (partial.missing < 0 || (partial.missing == 1 && partial.bits < 2)) {
            return false;
        }
        uint32_t low = partial.bits << (partial.missing * 6);
        const uint32_t high = low | ((1u << (partial.missing * 6)) - 1);
        if (low == 0 && partial.missing >= 2) {
            low = partial.missing == 2 ? 1u << 11 : 1u << 16;
        }
        return negated() != any([=](uint32_t from, uint32_t to) { return from <= high && low <= to; });
    }

    const llama_grammar_element *end() const {
        const llama_grammar_element *element = first;
        do {
            element += element[1].type == LLAMA_GRETYPE_CHAR_RNG_UPPER ? 2 : 1;
        } while (element->type == LLAMA_GRETYPE_CHAR_ALT);
        return element;
    }

  private:
    const llama_grammar_element *first;

    bool negated() const { return first->type == LLAMA_GRETYPE_CHAR_NOT; }

    template <typename Range> bool any(Range &&range) const {
        if (first->type == LLAMA_GRETYPE_CHAR_ANY) {
            return true;
        }
        const llama_grammar_element *element = first;
        do {
            const bool has_end = element[1].type == LLAMA_GRETYPE_CHAR_RNG_UPPER;
            if (range(element->value, has_end ? element[1].value : element->value)) {
                return true;
            }
            element += has_end ? 2 : 1;
        } while (element->type == LLAMA_GRETYPE_CHAR_ALT);
        return false;
    }
};

uint64_t mixed(uint64_t hash, uint64_t value) {
    hash ^= value + 0x9e3779b97f4a7c15u + (hash << 6) + (hash >> 2);
    hash *= 0xff51afd7ed558ccdu;
    return hash ^ (hash >> 33);
}

} // namespace

GrammarRules::GrammarRules(llama_grammar_rules given, uint32_t root)
    : rules(std::move(given)), root(root), alternatives(rules.size()), names_tokens(false) {
    for (size_t rule = 0; rule < rules.size(); ++rule) {
        bool begins = true;
        for (const llama_grammar_element &element : rules[rule]) {
            if (begins) {
                alternatives[rule].push_back(&element);
            }
            begins = element.type == LLAMA_GRETYPE_ALT;
            names_tokens = names_tokens || is_token(&element);
        }
    }
}

GrammarAutomaton::GrammarAutomaton(std::shared_ptr<const GrammarRules> rules) : rules(std::move(rules)) {
    restart();
}

GrammarAutomaton::GrammarAutomaton(const GrammarAutomaton &other) : rules(other.rules) {
    clear();
    copy_stacks(other, other.current);
}

void GrammarAutomaton::clear() {
    levels.assign(1, {nullptr, empty});
    nodes.clear();
    states.clear();
    places.clear();
    visited.assign(1, 0);
    expansion = 0;
    current = dead;
}

void GrammarAutomaton::restart() {
    clear();
    grant_work();
    start();
}

void GrammarAutomaton::start() {
    begin_expansion();
    for (const llama_grammar_element *alternative : rules->alternatives[rules->root]) {
        expand(push_rest(empty, alternative));
    }
    current = place_of_found();
}

void GrammarAutomaton::go_on(State state) {
    current = state;
    if (states.size() > many_states || levels.size() > many_levels) {
        const GrammarAutomaton present(*this); // has nothing but the current state
        clear();
        copy_stacks(present, present.current);
        if (levels.size() > many_levels / 2) {
            refuse("the text is nested too deeply for the grammar to be followed");
        }
    }
}

void GrammarAutomaton::copy_stacks(const GrammarAutomaton &from, State state) {
    if (state == dead) {
        return;
    }
    found.clear();
    std::unordered_map<Node, Node> copies = {{empty, empty}};
    std::vector<Node> path;
    for (const Node stack : from.states[state].stacks) {
        path.clear();
        Node node = stack;
        for (; copies.count(node) == 0; node = from.levels[node].below) {
            path.push_back(node);
        }
        Node copy = copies[node];
        for (; !path.empty(); path.pop_back()) {
            copy = push(copy, from.levels[path.back()].top);
            copies[path.back()] = copy;
        }
        found.push_back(copy);
    }
    current = place_of_found();
}

void GrammarAutomaton::spend(uint64_t amount) {
    work += amount;
    if (work > max_work) {
        refuse("the grammar is too ambiguous: there are too many ways to read the text so far");
    }
}

GrammarAutomaton::Node GrammarAutomaton::push(Node below, const llama_grammar_element *top) {
    std::vector<Node> &alike = nodes[mixed(below, reinterpret_cast<uintptr_t>(top))];
    for (const Node node : alike) {
        if (levels[node].top == top && levels[node].below == below) {
            return node;
        }
    }
    if (levels.size() >= max_levels) {
        refuse("the grammar is too ambiguous or nested too deeply to be followed");
    }
    const Node node = static_cast<Node>(levels.size());
    levels.push_back({top, below});
    visited.push_back(0);
    alike.push_back(node);
    return node;
}

// What is left of an alternative goes on top, unless nothing is.
GrammarAutomaton::Node GrammarAutomaton::push_rest(Node below, const llama_grammar_element *rest) {
    return ends(rest) ? below : push(below, rest);
}

void GrammarAutomaton::begin_expansion() {
    ++expansion;
    found.clear();
}

// Puts the rules' alternatives in the place of rules on top, and adds what begins with a character or a token to `found`.
void GrammarAutomaton::expand(Node start) {
    todo.assign(1, start);
    while (!todo.empty()) {
        const Node node = todo.back();
        todo.pop_back();
        spend(1);
        if (visited[node] == expansion) {
            continue;
        }
        visited[node] = expansion;
        const Level level = levels[node];
        if (node == empty || level.top->type != LLAMA_GRETYPE_RULE_REF) {
            found.push_back(node);
            if (found.size() > max_stacks) {
                refuse("the grammar is too ambiguous: there are too many ways to go on");
            }
            continue;
        }
        const Node rest = push_rest(level.below, level.top + 1);
        for (const llama_grammar_element *alternative : rules->alternatives[level.top->value]) {
            todo.push_back(push_rest(rest, alternative));
        }
        spend(rules->alternatives[level.top->value].size());
    }
}

GrammarAutomaton::State GrammarAutomaton::place_of_found() {
    if (found.empty()) {
        return dead;
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    uint64_t hash = 0;
    for (const Node node : found) {
        hash = mixed(hash, node);
    }
    std::vector<State> &alike = places[hash];
    for (const State state : alike) {
        if (states[state].stacks == found) {
            return state;
        }
    }
    spend(found.size());
    const State state = static_cast<State>(states.size());
    states.push_back({found, found.front() == empty, nullptr, {}});
    alike.push_back(state);
    return state;
}

GrammarAutomaton::State GrammarAutomaton::after(State state, uint32_t character) {
    if (state == dead) {
        return dead;
    }
    if (character >= 128) {
        const auto known = states[state].after_other.find(character);
        if (known != states[state].after_other.end()) {
            return known->second;
        }
        const State next = compute_after(state, character);
        spend(1);
        states[state].after_other.emplace(character, next);
        return next;
    }
    if (states[state].after_ascii == nullptr) {
        states[state].after_ascii = std::make_unique<std::array<State, 128>>();
        states[state].after_ascii->fill(unknown);
    }
    const State known = (*states[state].after_ascii)[character];
    if (known != unknown) {
        return known;
    }
    const State next = compute_after(state, character);
    (*states[state].after_ascii)[character] = next;
    return next;
}

GrammarAutomaton::State GrammarAutomaton::compute_after(State state, uint32_t character) {
    begin_expansion();
    const size_t n_stacks = states[state].stacks.size();
    spend(n_stacks);
    for (size_t i = 0; i < n_stacks; ++i) {
        const Node stack = states[state].stacks[i];
        if (stack == empty || is_token(levels[stack].top)) {
            continue;
        }
        const Characters characters(levels[stack].top);
        spend((characters.end() - levels[stack].top) / 16);
        if (characters.contain(character)) {
            expand(push_rest(levels[stack].below, characters.end()));
        }
    }
    return place_of_found();
}

GrammarAutomaton::State GrammarAutomaton::after_token(State state, llama_token token) {
    if (state == dead) {
        return dead;
    }
    begin_expansion();
    for (const Node stack : states[state].stacks) {
        const llama_grammar_element *top = levels[stack].top;
        if (stack == empty || !is_token(top)) {
            continue;
        }
        if ((top->value == static_cast<uint32_t>(token)) == (top->type == LLAMA_GRETYPE_TOKEN)) {
            expand(push_rest(levels[stack].below, top + 1));
        }
    }
    return place_of_found();
}

GrammarAutomaton::State GrammarAutomaton::either(State one, State other) {
    if (one == dead || other == dead || one == other) {
        return one == dead ? other : one;
    }
    found = states[one].stacks;
    found.insert(found.end(), states[other].stacks.begin(), states[other].stacks.end());
    return place_of_found();
}

bool GrammarAutomaton::may_follow(State state, const PartialCharacter &character) const {
    if (state == dead) {
        return false;
    }
    const std::vector<Node> &stacks = states[state].stacks;
    return std::any_of(stacks.begin(), stacks.end(), [&](Node stack) {
        return stack != empty && !is_token(levels[stack].top) &&
               Characters(levels[stack].top).may_contain(character);
    });
}

} // namespace corral
