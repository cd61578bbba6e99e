/**
 * Image and sound files in Java alone: which kind a file is, and whether native code can decode it without taking more
 * memory or time than its sender may ask for. Decoders trust what a header says of the size of what follows, and a small
 * file can unpack to gigabytes, so a file is judged here before native code sees it.
 *
 * <p>Errors: {@link dev.corral.media.MediaException}, which says what is wrong and what would be right.
 */
@NullMarked
package dev.corral.media;

import org.jspecify.annotations.NullMarked;
