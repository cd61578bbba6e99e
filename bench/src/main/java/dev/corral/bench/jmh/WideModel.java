package dev.corral.bench.jmh;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/**
 * A GGUF file of one small layer with random weights and a vocabulary as large as those of today's models, to sample from:
 * tokens have numbers only, no text.
 */
final class WideModel {

    static final int VOCABULARY = 152_064;

    private static final int WIDTH = 32;
    private static final int ALIGNMENT = 32;
    private static final int MAGIC = 0x46554747;
    private static final int VERSION = 3;
    private static final int U32 = 4;
    private static final int F32 = 6;
    private static final int STRING = 8;
    private static final int TENSOR_F32 = 0;

    private final LittleEndian metadata = new LittleEndian();
    private final LittleEndian descriptions = new LittleEndian();
    private final LittleEndian data = new LittleEndian();
    private final Random random = new Random(1);
    private long entries;
    private long tensors;

    private WideModel() {}

    static void write(Path file) throws IOException {
        WideModel model = new WideModel();
        model.describe();
        model.fill();
        model.finish(file);
    }

    /** Bytes that grow. */
    private static final class LittleEndian extends ByteArrayOutputStream {

        void int32(int value) {
            for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
                write(value >> shift);
            }
        }

        void int64(long value) {
            int32((int) value);
            int32((int) (value >> Integer.SIZE));
        }

        void string(String text) {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            int64(utf8.length);
            writeBytes(utf8);
        }

        void pad() {
            while (size() % ALIGNMENT != 0) {
                write(0);
            }
        }
    }

    private void describe() {
        put("general.architecture", "llama");
        put("general.name", "wide");
        put("tokenizer.ggml.model", "no_vocab");
        put("llama.vocab_size", VOCABULARY);
        put("llama.context_length", 512);
        put("llama.embedding_length", WIDTH);
        put("llama.block_count", 1);
        put("llama.feed_forward_length", WIDTH);
        put("llama.attention.head_count", 1);
        put("llama.attention.head_count_kv", 1);
        put("llama.rope.dimension_count", WIDTH);
        key("llama.attention.layer_norm_rms_epsilon", F32);
        metadata.int32(Float.floatToIntBits(1e-5f));
    }

    private void fill() {
        tensor("token_embd.weight", WIDTH, VOCABULARY);
        tensor("output_norm.weight", WIDTH);
        tensor("blk.0.attn_norm.weight", WIDTH);
        tensor("blk.0.ffn_norm.weight", WIDTH);
        for (String name :
                new String[] {"attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"}) {
            tensor("blk.0." + name + ".weight", WIDTH, WIDTH);
        }
    }

    private void finish(Path file) throws IOException {
        LittleEndian head = new LittleEndian();
        head.int32(MAGIC);
        head.int32(VERSION);
        head.int64(tensors);
        head.int64(entries);
        metadata.writeTo(head);
        descriptions.writeTo(head);
        head.pad();
        try (OutputStream out = Files.newOutputStream(file)) {
            head.writeTo(out);
            data.writeTo(out);
        }
    }

    private void put(String key, int value) {
        key(key, U32);
        metadata.int32(value);
    }

    private void put(String key, String value) {
        key(key, STRING);
        metadata.string(value);
    }

    private void key(String key, int type) {
        metadata.string(key);
        metadata.int32(type);
        entries++;
    }

    private void tensor(String name, int... shape) {
        descriptions.string(name);
        descriptions.int32(shape.length);
        int count = 1;
        for (int dimension : shape) {
            descriptions.int64(dimension);
            count *= dimension;
        }
        descriptions.int32(TENSOR_F32);
        descriptions.int64(data.size());
        for (int i = 0; i < count; i++) {
            data.int32(Float.floatToIntBits((float) random.nextGaussian()));
        }
        data.pad();
        tensors++;
    }
}
