/** EasyLM's HTTP API: log-likelihoods and texts for lists of prefixes, a dialogue, and a chat page. */
@NullMarked
package dev.corral.server.easylm;

import org.jspecify.annotations.NullMarked;
