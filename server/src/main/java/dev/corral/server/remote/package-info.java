/**
 * Files of requests that are on other servers: which may be asked, and how far they are trusted. Nothing is fetched unless
 * the operator names hosts.
 */
@NullMarked
package dev.corral.server.remote;

import org.jspecify.annotations.NullMarked;
