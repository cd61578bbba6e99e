package dev.corral.server.worker.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FramesTest {

    private static final Codec<String> CODEC = Codecs.of(String.class);

    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
    private final Outbox<String> outbox = new Outbox<>(Channels.newChannel(sent), CODEC);

    /** Reads as few bytes at a time as a socket may give. */
    private static ReadableByteChannel trickle(byte[] bytes) {
        Random random = new Random(7);
        ReadableByteChannel whole = Channels.newChannel(new ByteArrayInputStream(bytes));
        return new ReadableByteChannel() {
            @Override
            public int read(ByteBuffer target) throws IOException {
                ByteBuffer some = target.slice(target.position(), Math.min(target.remaining(), 1 + random.nextInt(9)));
                int read = whole.read(some);
                target.position(target.position() + Math.max(0, read));
                return read;
            }

            @Override
            public boolean isOpen() {
                return whole.isOpen();
            }

            @Override
            public void close() throws IOException {
                whole.close();
            }
        };
    }

    private static List<List<String>> frames(ReadableByteChannel channel) throws IOException {
        FrameReader reader = new FrameReader(channel);
        List<List<String>> frames = new ArrayList<>();
        for (Optional<WireInput> frame = reader.next(); frame.isPresent(); frame = reader.next()) {
            List<String> messages = new ArrayList<>();
            while (frame.get().remaining() > 0) {
                messages.add(CODEC.read(frame.get()));
            }
            frames.add(messages);
        }
        return frames;
    }

    @Test
    void whatGathersTravelsTogether() throws IOException {
        outbox.add("a");
        outbox.add("b");
        outbox.drain();
        outbox.drain();
        outbox.add("世界");
        outbox.drain();
        assertThat(frames(trickle(sent.toByteArray()))).containsExactly(List.of("a", "b"), List.of("世界"));
        assertThat(outbox.frames()).isEqualTo(2);
        assertThat(outbox.bytes()).isEqualTo(sent.size());
    }

    @Test
    void longMessagesComeWhole() throws IOException {
        String longer = "0123456789".repeat(300_000);
        outbox.add("before");
        outbox.add(longer);
        outbox.add("after");
        outbox.drain();
        List<List<String>> frames = frames(Channels.newChannel(new ByteArrayInputStream(sent.toByteArray())));
        assertThat(frames.stream().flatMap(List::stream)).containsExactly("before", longer, "after");
    }

    @Test
    void aMessageThatCanNotBeWrittenLeavesTheOthers() throws IOException {
        Outbox<Object> mixed = new Outbox<>(Channels.newChannel(sent), new Codec<>() {
            @Override
            public void write(Object value, WireOutput out) {
                out.writeString(value.toString());
                if (value instanceof Integer) {
                    throw new IllegalArgumentException("half written");
                }
            }

            @Override
            public Object read(WireInput in) {
                return in.readString();
            }
        });
        assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(() -> mixed.add(1));
        mixed.add("a");
        assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(() -> mixed.add(2));
        mixed.add("b");
        mixed.drain();
        assertThat(frames(trickle(sent.toByteArray()))).containsExactly(List.of("a", "b"));
    }

    @Test
    void manyThreadsLoseNothing() throws Exception {
        int threads = 8;
        int each = 2_000;
        CountDownLatch start = new CountDownLatch(1);
        List<Thread> all = IntStream.range(0, threads)
                .mapToObj(thread -> Thread.ofPlatform().start(() -> {
                    try {
                        start.await();
                        for (int i = 0; i < each; i++) {
                            outbox.add(thread + ":" + i);
                            outbox.drain();
                        }
                    } catch (IOException | InterruptedException e) {
                        throw new AssertionError(e);
                    }
                }))
                .toList();
        start.countDown();
        for (Thread thread : all) {
            thread.join();
        }
        List<String> messages = frames(trickle(sent.toByteArray())).stream()
                .flatMap(List::stream)
                .toList();
        Set<String> distinct = new HashSet<>(messages);
        assertThat(distinct).hasSize(threads * each).hasSameSizeAs(messages);
        for (int thread = 0; thread < threads; thread++) {
            String prefix = thread + ":";
            assertThat(messages.stream().filter(message -> message.startsWith(prefix)))
                    .containsExactlyElementsOf(
                            IntStream.range(0, each).mapToObj(i -> prefix + i).toList());
        }
    }

    @Test
    void hostileFramesAreRefused() {
        for (byte[] head : List.of(
                new byte[] {-1, -1, -1, -1}, new byte[] {0, 0, 0, 0}, new byte[] {0x7F, -1, -1, -1}, new byte[] {
                    (byte) 0x80, 0, 0, 0
                })) {
            assertThatExceptionOfType(MalformedFrame.class).isThrownBy(() -> frames(trickle(head)));
        }
        for (byte[] cut : List.of(new byte[] {0, 0}, new byte[] {0, 0, 0, 9, 1, 2}, new byte[] {0x0F, 0, 0, 0, 1})) {
            assertThatExceptionOfType(EOFException.class).isThrownBy(() -> frames(trickle(cut)));
        }
    }
}
