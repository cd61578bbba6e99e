/** The dialect of OpenAI's API, with what llama.cpp's server adds to it. */
@NullMarked
package dev.corral.server.openai;

import org.jspecify.annotations.NullMarked;
