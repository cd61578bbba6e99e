/**
 * Scores of given tokens: questions become texts, these a plan of runs, each of which is a completion; {@link
 * dev.corral.engine.local.score.PromptScorer} reads the outputs.
 */
@NullMarked
package dev.corral.engine.local.score;

import org.jspecify.annotations.NullMarked;
