/**
 * Models that are downloaded: what a person calls them, where they come from, and the folder that keeps them. The hub's protocol
 * is Hugging Face's, of which mirrors speak the same.
 */
@NullMarked
package dev.corral.server.hub;

import org.jspecify.annotations.NullMarked;
