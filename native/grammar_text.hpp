// The text of a grammar, before it is parsed.
#pragma once

namespace corral {

// Throws failure(CORRAL_INVALID_ARGUMENT) for what llama.cpp's parser does not survive, or not within its memory.
// Says nothing of other mistakes.
void check_grammar_text(const char *gbnf);

// The next character that is neither white space nor in a comment.
const char *skip_grammar_space(const char *pos);

} // namespace corral
