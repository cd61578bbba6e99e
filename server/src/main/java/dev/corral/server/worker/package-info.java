/**
 * Engines in processes of their own. The front has {@link dev.corral.server.worker.WorkerEngine}, which keeps a worker
 * running; the worker is {@link dev.corral.server.worker.WorkerMain}, which runs one engine. Between them are commands one
 * way and notices the other, over a Unix-domain socket that only the two know.
 */
@NullMarked
package dev.corral.server.worker;

import org.jspecify.annotations.NullMarked;
