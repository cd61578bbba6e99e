#pragma once

#include "llama-grammar.h"

#include <cstddef>
#include <string>

namespace corral {

// How much work one look at the output may be for all triggers together: a regular expression of a client's may be one that
// backtracks for ever, and nobody can interrupt it.
class TriggerSearch {
  public:
    explicit TriggerSearch(const std::string &text);

    // Where the trigger starts, by llama.cpp's own rules; npos when it is not there. Throws a failure when the work is spent.
    size_t find(const llama_grammar_trigger_pattern &pattern);

  private:
    const std::string &text;
    size_t from; // of the part that is searched: matching recurses, about once for each character
    size_t work;
};

} // namespace corral
