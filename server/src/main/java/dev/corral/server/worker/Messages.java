package dev.corral.server.worker;

import dev.corral.server.worker.wire.Codec;
import dev.corral.server.worker.wire.Codecs;
import dev.corral.server.worker.wire.Schema;

/** The codecs of both directions, and what the two ends compare before they use them. */
final class Messages {

    static final Codec<Command> COMMANDS = Codecs.of(Command.class);
    static final Codec<Notice> NOTICES = Codecs.of(Notice.class);

    private Messages() {}

    static Schema schema() {
        return Schema.of(Command.class, Notice.class);
    }

    /** Differs between builds whose messages, or whose Java, differ. */
    static byte[] digest() {
        String version = Messages.class.getPackage().getImplementationVersion();
        return schema().digest("corral " + version + ", Java " + Runtime.version());
    }
}
