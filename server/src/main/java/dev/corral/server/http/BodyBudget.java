package dev.corral.server.http;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How much of the heap the bodies of all requests may take that are being answered. What does not fit is refused at once, so
 * that many large bodies, or few that become large trees, don't take the memory that other answers need. Thread-safe.
 */
final class BodyBudget {

    /** Bytes of the heap for each of a body: the body, its texts, and their copy on the way to a worker. */
    static final int COPIES = 4;

    /** Bytes of the heap for each mark between two values, which become a node of a tree or a parameter. */
    static final int NODE = 64;

    static final BodyBudget OF_THE_HEAP = new BodyBudget(Runtime.getRuntime().maxMemory() / 2);

    private final long limit;
    private final AtomicLong taken = new AtomicLong();

    /** @param limit in bytes of the heap */
    BodyBudget(long limit) {
        this.limit = limit;
    }

    /** What one request has taken, until it is closed. One thread's. */
    final class Share implements AutoCloseable {

        private long held;

        /**
         * Takes some more.
         *
         * @throws ApiException when there is not so much: with others', or even alone
         */
        void take(long bytes) {
            if (held + bytes > limit) {
                throw new ApiException(
                        ApiError.Kind.BODY_TOO_LARGE,
                        "reading the body would take more memory than the server may use");
            }
            if (taken.addAndGet(bytes) > limit) {
                taken.addAndGet(-bytes);
                throw new ApiException(
                        ApiError.Kind.BUSY, "too many large requests are being answered; try again later");
            }
            held += bytes;
        }

        @Override
        public void close() {
            taken.addAndGet(-held);
            held = 0;
        }
    }

    Share open() {
        return new Share();
    }

    /** Bytes of the heap that are taken. */
    long taken() {
        return taken.get();
    }

    /** How many values there are at most in JSON or a form, by the marks between them. */
    static int values(byte[] body) {
        int values = 0;
        for (byte b : body) {
            switch (b) {
                case ',', ':', '[', '{', '&' -> values++;
                default -> {}
            }
        }
        return values;
    }
}
