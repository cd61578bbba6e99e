/**
 * The API of the demonstration servers of Chinese-LLaMA-Alpaca and Chinese-LLaMA-Alpaca-2, which look like OpenAI's and
 * differ from it: prompts are put into the models' own templates, and an answer repeats the conversation.
 */
@NullMarked
package dev.corral.server.alpaca;

import org.jspecify.annotations.NullMarked;
