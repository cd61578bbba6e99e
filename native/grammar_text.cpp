#include "grammar_text.hpp"

#include "error.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace corral {

namespace {

constexpr int max_nesting = 500;                   // the parser recurses into parentheses
constexpr uint64_t max_elements = 1000000;         // x{m,n} is written out n times
constexpr uint64_t max_written_repetitions = 2000; // the parser's own: no higher minimum, a higher maximum is none

const char *skip_comment(const char *pos) {
    while (*pos != '\0' && *pos != '\r' && *pos != '\n') {
        ++pos;
    }
    return pos;
}

class Text {
  public:
    explicit Text(const char *gbnf) : pos(gbnf) {}

    void check() {
        while (*(pos = skip_grammar_space(pos)) != '\0') {
            switch (const char c = *pos++; c) {
            case '"':
                symbol(skip_to('"'));
                break;
            case '[':
                symbol(skip_to(']'));
                break;
            case '<':
                symbol(skip_to('>', false));
                break;
            case '(':
                if (++nesting > max_nesting) {
                    refuse("the grammar is nested deeper than " + std::to_string(max_nesting));
                }
                break;
            case ')':
                --nesting;
                symbol(1);
                break;
            case '*':
            case '+':
            case '?':
                repeat(1);
                break;
            case '{':
                repetition();
                break;
            default:
                symbol(1);
            }
        }
    }

  private:
    const char *pos;
    int nesting = 0;
    uint64_t last = 0;     // elements of what a repetition at this point would repeat
    uint64_t elements = 0; // of all that was read, written out; never fewer than the parser writes

    void add(uint64_t count) {
        elements += count;
        if (elements > max_elements) {
            refuse("the grammar has more than " + std::to_string(max_elements) + " elements, repetitions written out");
        }
    }

    void symbol(uint64_t count) {
        last = count;
        add(count);
    }

    void repeat(uint64_t times) {
        last = last * times + 1;
        add(last);
    }

    uint64_t skip_to(char end, bool escapes = true) {
        const char *start = pos;
        while (*pos != '\0' && *pos != end) {
            pos += escapes && *pos == '\\' && pos[1] != '\0' ? 2 : 1;
        }
        const uint64_t length = pos - start;
        pos += *pos == end ? 1 : 0;
        return std::max<uint64_t>(length, 1);
    }

    bool number(uint64_t &value) {
        pos = skip_grammar_space(pos);
        if (*pos < '0' || *pos > '9') {
            return false;
        }
        char *end = nullptr;
        value = std::strtoull(pos, &end, 10);
        pos = skip_grammar_space(end);
        return true;
    }

    // {m}, {m,} or {m,n}. With n < m the parser would write out rules until there is no memory left.
    void repetition() {
        uint64_t least = 0;
        if (!number(least)) {
            return;
        }
        uint64_t most = least;
        if (*pos == ',') {
            ++pos;
            if (number(most) && most < least) {
                refuse("the grammar repeats at least " + std::to_string(least) + " and at most " +
                       std::to_string(most) + " times");
            }
        }
        pos += *pos == '}' ? 1 : 0;
        repeat(std::min(std::max(least, most), max_written_repetitions));
    }
};

} // namespace

const char *skip_grammar_space(const char *pos) {
    while (*pos == ' ' || *pos == '\t' || *pos == '\r' || *pos == '\n' || *pos == '#') {
        pos = *pos == '#' ? skip_comment(pos) : pos + 1;
    }
    return pos;
}

void check_grammar_text(const char *gbnf) {
    Text(gbnf).check();
}

} // namespace corral
