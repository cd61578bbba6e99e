/**
 * Messages as bytes: codecs derived from the components of records and the branches of sealed types, and frames of
 * messages on a channel.
 */
@NullMarked
package dev.corral.server.worker.wire;

import org.jspecify.annotations.NullMarked;
