/** Vectors of texts, and scores of documents, computed between the steps of completions. */
@NullMarked
package dev.corral.engine.local.embedding;

import org.jspecify.annotations.NullMarked;
