package dev.corral.server.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;

/** Writes an answer in pieces, each of which the client must take in time. */
final class TimedWriter implements DataWriter {

    private static final int PIECE = 64 * 1024;

    private final DataWriter writer;
    private final AcceptedSocket client;

    TimedWriter(DataWriter writer, AcceptedSocket client) {
        this.writer = writer;
        this.client = client;
    }

    @Override
    public void write(BufferData... buffers) {
        write(BufferData.create(buffers));
    }

    @Override
    public void write(BufferData buffer) {
        writeNow(buffer);
    }

    @Override
    public void writeNow(BufferData... buffers) {
        writeNow(BufferData.create(buffers));
    }

    @Override
    public void writeNow(BufferData buffer) {
        if (buffer.available() <= PIECE) {
            client.write(() -> writer.writeNow(buffer));
            return;
        }
        while (buffer.available() > 0) {
            byte[] piece = new byte[Math.min(PIECE, buffer.available())];
            buffer.read(piece);
            client.write(() -> writer.writeNow(BufferData.create(piece)));
        }
    }

    @Override
    public void flush() {
        client.write(writer::flush);
    }

    @Override
    public void close() {
        writer.close();
    }
}
