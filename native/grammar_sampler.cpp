#include "grammar_sampler.hpp"

#include "error.hpp"
#include "llama-vocab.h" // the text of a token without a copy
#include "trigger_search.hpp"

#include <algorithm>
#include <limits>
#include <string_view>

namespace corral {

namespace {

using State = GrammarAutomaton::State;

constexpr size_t max_awaiting_trigger = 1 << 20; // bytes that the trigger patterns are searched for in

// The characters of bytes that may begin and end in the middle of one.
class Characters {
  public:
    Characters(std::string_view bytes, PartialCharacter begun) : bytes(bytes), partial(begun) {}

    // False at the end, and where the bytes are not UTF-8.
    bool next(uint32_t &character) {
        while (position < bytes.size()) {
            const auto byte = static_cast<unsigned char>(bytes[position]);
            if (partial.missing == 0) {
                begin(byte);
            } else if ((byte & 0xC0) == 0x80) {
                partial = {(partial.bits << 6) | (byte & 0x3Fu), partial.missing - 1};
            } else {
                partial.missing = -1;
            }
            if (partial.missing < 0) {
                return false;
            }
            ++position;
            if (partial.missing == 0) {
                character = partial.bits;
                return true;
            }
        }
        return false;
    }

    // What is left to be continued; -1 bytes are missing where the bytes are not UTF-8.
    PartialCharacter rest() const { return partial.missing == 0 ? PartialCharacter{} : partial; }

  private:
    std::string_view bytes;
    PartialCharacter partial;
    size_t position = 0;

    void begin(unsigned char byte) {
        if (byte < 0x80) {
            partial = {byte, 0};
        } else if (byte >= 0xC0 && byte < 0xF8) {
            const int missing = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
            partial = {byte & ((1u << (6 - missing)) - 1), missing};
        } else {
            partial.missing = -1;
        }
    }
};

// Tells what of a text is outside of the text to be ignored.
class Deafness {
  public:
    Deafness() = default;

    Deafness(IgnoredText text, std::string_view before) : ignored(std::move(text)) {
        for (const std::string &end : ignored.ends) {
            longest = std::max(longest, end.size());
        }
        longest = std::max(longest, ignored.start.size());
        bool began;
        outside(std::string(before), began);
    }

    // What is heard of the next piece; `began` says that what was heard before it is over.
    std::string outside(const std::string &piece, bool &began) {
        began = false;
        if (longest == 0) {
            return piece;
        }
        std::string heard = inside ? "" : piece;
        tail += piece;
        for (size_t end; (end = after_tag()) != std::string::npos;) {
            tail.erase(0, end);
            inside = !inside;
            began = began || inside;
            heard = inside ? "" : tail;
        }
        if (tail.size() >= longest) {
            tail.erase(0, tail.size() - longest + 1);
        }
        return heard;
    }

  private:
    IgnoredText ignored;
    size_t longest = 0; // of the tags; 0 when nothing is ignored
    bool inside = false;
    std::string tail; // where a tag may have begun

    // Where the first tag of the tail that matters now ends.
    size_t after_tag() const {
        if (!inside) {
            const size_t at = tail.find(ignored.start);
            return at == std::string::npos ? at : at + ignored.start.size();
        }
        size_t first = std::string::npos;
        size_t after = std::string::npos;
        for (const std::string &end : ignored.ends) {
            const size_t at = tail.find(end);
            if (at < first) {
                first = at;
                after = at + end.size();
            }
        }
        return after;
    }
};

class GrammarSampler {
  public:
    GrammarSampler(const llama_vocab *vocab, std::shared_ptr<const GrammarRules> rules,
                   std::shared_ptr<const GrammarTriggers> triggers)
        : vocab(vocab), automaton(std::move(rules)), triggers(std::move(triggers)), waiting(this->triggers != nullptr) {}

    void apply(llama_token_data_array &candidates) {
        require_sound();
        if (waiting) {
            return;
        }
        automaton.grant_work();
        for (size_t i = 0; i < candidates.size; ++i) {
            if (!allows(candidates.data[i].id)) {
                candidates.data[i].logit = -std::numeric_limits<float>::infinity();
            }
        }
    }

    void accept(llama_token token) {
        require_sound();
        automaton.grant_work();
        const std::string &piece = vocab->token_to_piece(token);
        if (waiting) {
            look_for_trigger(token, piece);
        } else if (vocab->is_eog(token)) {
            require(automaton.may_end(automaton.now()), "the output ends where the grammar does not allow it");
        } else {
            go_on(token, piece);
        }
    }

    void begin(std::string_view text) {
        require_sound();
        require(!waiting, "a lazy grammar cannot be begun");
        automaton.grant_work();
        PartialCharacter rest;
        const State state = after(text, rest);
        if (rest.missing < 0 || state == GrammarAutomaton::dead) {
            broken = true;
            throw failure(CORRAL_INVALID_ARGUMENT, "the grammar does not allow what the text begins with");
        }
        automaton.go_on(state);
        begun = rest;
    }

    void ignore(IgnoredText text, std::string_view before) {
        require(waiting, "only a lazy grammar can ignore text");
        deafness = Deafness(std::move(text), before);
        deaf_at_start = deafness;
    }

    void reset() {
        automaton.restart();
        deafness = deaf_at_start;
        begun = {};
        broken = false;
        waiting = triggers != nullptr;
        text.clear();
        ends.clear();
        tokens.clear();
    }

  private:
    const llama_vocab *vocab;
    GrammarAutomaton automaton;
    std::shared_ptr<const GrammarTriggers> triggers;
    PartialCharacter begun;
    bool broken = false;
    bool waiting;
    Deafness deafness;
    Deafness deaf_at_start;
    std::string text;                // while waiting for a trigger: the output so far,
    std::vector<size_t> ends;        // where its tokens end,
    std::vector<llama_token> tokens; // and which they are

    void require_sound() const { require(!broken, "the grammar refused a token before and cannot go on"); }

    bool allows(llama_token token) {
        if (vocab->is_eog(token)) {
            return automaton.may_end(automaton.now());
        }
        const std::string &piece = vocab->token_to_piece(token);
        if (piece.empty() || piece[0] == '\0') {
            return false;
        }
        PartialCharacter rest;
        const State state = after(piece, rest);
        if (state != GrammarAutomaton::dead && (rest.missing == 0 || automaton.may_follow(state, rest))) {
            return true;
        }
        return automaton.grammar().names_tokens && rest.missing == 0 &&
               automaton.after_token(automaton.now(), token) != GrammarAutomaton::dead;
    }

    State after(std::string_view piece, PartialCharacter &rest) {
        Characters characters(piece, begun);
        State state = automaton.now();
        for (uint32_t character; state != GrammarAutomaton::dead && characters.next(character);) {
            state = automaton.after(state, character);
        }
        rest = characters.rest();
        return state;
    }

    void go_on(llama_token token, std::string_view piece) {
        PartialCharacter rest;
        State state = after(piece, rest);
        if (rest.missing < 0) {
            state = GrammarAutomaton::dead;
        }
        if (automaton.grammar().names_tokens) {
            state = automaton.either(state, automaton.after_token(automaton.now(), token));
        }
        if (state == GrammarAutomaton::dead) {
            broken = true;
            throw failure(CORRAL_FAILED, "the grammar does not allow '" + std::string(piece) + "' here");
        }
        automaton.go_on(state);
        begun = rest;
    }

    void look_for_trigger(llama_token token, const std::string &whole) {
        bool over;
        const std::string piece = deafness.outside(whole, over);
        if (over) {
            forget();
        }
        if (piece.empty()) {
            return;
        }
        if (piece == whole &&
            std::find(triggers->tokens.begin(), triggers->tokens.end(), token) != triggers->tokens.end()) {
            trigger();
            go_on(token, piece);
            return;
        }
        if (triggers->patterns.empty()) {
            return;
        }
        text += piece;
        require(text.size() <= max_awaiting_trigger, "the output is too long to be searched for the grammar's triggers");
        ends.push_back(text.size());
        tokens.push_back(token);
        TriggerSearch search(text);
        for (const llama_grammar_trigger_pattern &pattern : triggers->patterns) {
            const size_t start = search.find(pattern);
            if (start != std::string::npos) {
                read_again(start);
                return;
            }
        }
    }

    // What of the tokens so far is after the start of the trigger.
    void read_again(size_t start) {
        size_t from = 0;
        for (size_t i = 0; i < tokens.size(); from = ends[i++]) {
            if (ends[i] > start) {
                const size_t begin = std::max(from, start);
                go_on(tokens[i], std::string_view(text).substr(begin, ends[i] - begin));
            }
        }
        trigger();
    }

    void trigger() {
        waiting = false;
        forget();
    }

    void forget() {
        text.clear();
        ends.clear();
        tokens.clear();
    }
};

GrammarSampler &of(const llama_sampler *sampler) {
    return *static_cast<GrammarSampler *>(sampler->ctx);
}

llama_sampler *sampler_of(std::unique_ptr<GrammarSampler> grammar);

llama_sampler_i functions() {
    llama_sampler_i i = {};
    i.name = [](const llama_sampler *) { return "grammar"; };
    i.accept = [](llama_sampler *sampler, llama_token token) { of(sampler).accept(token); };
    i.apply = [](llama_sampler *sampler, llama_token_data_array *candidates) { of(sampler).apply(*candidates); };
    i.reset = [](llama_sampler *sampler) { of(sampler).reset(); };
    i.clone = [](const llama_sampler *sampler) {
        return sampler_of(std::make_unique<GrammarSampler>(of(sampler)));
    };
    i.free = [](llama_sampler *sampler) { delete &of(sampler); };
    return i;
}

llama_sampler_i *interface() {
    static llama_sampler_i shared = functions();
    return &shared;
}

llama_sampler *sampler_of(std::unique_ptr<GrammarSampler> grammar) {
    llama_sampler *sampler = llama_sampler_init(interface(), grammar.get());
    grammar.release();
    return sampler;
}

} // namespace

llama_sampler *grammar_sampler(const llama_vocab *vocab, std::shared_ptr<const GrammarRules> rules,
                               std::shared_ptr<const GrammarTriggers> triggers) {
    return sampler_of(std::make_unique<GrammarSampler>(vocab, std::move(rules), std::move(triggers)));
}

void grammar_begin(llama_sampler *sampler, std::string_view text) {
    require(sampler->iface == interface(), "the sampler is no grammar");
    of(sampler).begin(text);
}

void grammar_ignore(llama_sampler *sampler, IgnoredText ignored, std::string_view before) {
    require(sampler->iface == interface(), "the sampler is no grammar");
    of(sampler).ignore(std::move(ignored), before);
}

} // namespace corral
