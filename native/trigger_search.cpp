#include "trigger_search.hpp"

#include "error.hpp"

#include <algorithm>
#include <iterator>
#include <regex>

namespace corral {

namespace {

constexpr size_t longest_search = 64 * 1024;    // bytes at the end of the output
constexpr size_t least_work = 2 * 1000 * 1000; // steps, of some 20 to 50 ns
constexpr size_t work_per_byte = 8;

// A place in the text that counts how often the matcher asks for it.
class Place {
  public:
    using iterator_category = std::bidirectional_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char *;
    using reference = const char &;

    Place() = default;
    Place(const char *at, size_t *work) : at(at), work(work) {}

    const char *address() const { return at; }

    reference operator*() const {
        spend();
        return *at;
    }

    Place &operator++() {
        ++at;
        return *this;
    }

    Place operator++(int) { return {at++, work}; }

    Place &operator--() {
        --at;
        return *this;
    }

    Place operator--(int) { return {at--, work}; }

    bool operator==(const Place &other) const {
        spend();
        return at == other.at;
    }

    bool operator!=(const Place &other) const { return !(*this == other); }

  private:
    const char *at = nullptr;
    size_t *work = nullptr;

    void spend() const {
        if (work != nullptr && (*work)-- == 0) {
            refuse("the grammar's triggers take too long to be searched for");
        }
    }
};

// Whether a pattern that is not found from the first place on isn't found from a later one either.
bool begins_with_anything(const std::string &pattern) {
    for (const char *anything : {"[\\s\\S]*", "[\\S\\s]*", "[^]*"}) {
        if (pattern.rfind(anything, 0) == 0) {
            return true;
        }
    }
    return false;
}

} // namespace

TriggerSearch::TriggerSearch(const std::string &text)
    : text(text), from(text.size() - std::min(text.size(), longest_search)),
      work(least_work + work_per_byte * (text.size() - from)) {}

size_t TriggerSearch::find(const llama_grammar_trigger_pattern &pattern) {
    const Place begin(text.data() + from, &work);
    const Place end(text.data() + text.size(), &work);
    auto flags = from > 0 ? std::regex_constants::match_prev_avail : std::regex_constants::match_default;
    if (begins_with_anything(pattern.pattern)) {
        flags |= std::regex_constants::match_continuous;
    }
    const bool whole = from == 0 && !pattern.pattern.empty() && pattern.pattern.front() == '^' && pattern.pattern.back() == '$';
    std::match_results<Place> match;
    if (!(whole && std::regex_match(begin, end, match, pattern.regex, flags)) &&
        !std::regex_search(begin, end, match, pattern.regex, flags)) {
        return std::string::npos;
    }
    for (size_t i = 1; i < match.size(); ++i) {
        if (match[i].matched && match[i].first.address() != match[i].second.address()) {
            return match[i].first.address() - text.data();
        }
    }
    return match[0].first.address() - text.data();
}

} // namespace corral
