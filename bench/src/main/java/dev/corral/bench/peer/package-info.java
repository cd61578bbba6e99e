/** What is measured: the servers, the engine without a server, and the JNI binding, each in a process of its own. */
@NullMarked
package dev.corral.bench.peer;

import org.jspecify.annotations.NullMarked;
