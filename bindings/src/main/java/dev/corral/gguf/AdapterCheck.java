package dev.corral.gguf;

import java.util.LinkedHashSet;
import java.util.Set;

/** A LoRA adapter and the model that it is for. */
final class AdapterCheck {

    private static final String A = ".lora_a";
    private static final String B = ".lora_b";
    private static final String ALPHA = "adapter.lora.alpha";
    private static final String INVOCATION = "adapter.alora.invocation_tokens";

    private final Inspection adapter;
    private final ModelTensors model;

    AdapterCheck(Inspection adapter, ModelTensors model) {
        this.adapter = adapter;
        this.model = model;
    }

    void run() {
        require("general.type", "adapter");
        require("adapter.type", "lora");
        require("general.architecture", model.first().architecture().orElse(""));
        adapter.typeIs(ALPHA, ValueType.F32);
        adapter.array(INVOCATION, ValueType.U32);
        Set<String> matrices = new LinkedHashSet<>();
        for (TensorInfo tensor : adapter.gguf().tensors()) {
            String name = tensor.name();
            if (name.endsWith(A) || name.endsWith(B)) {
                matrices.add(name.substring(0, name.length() - A.length()));
            } else if (!name.endsWith("_norm.weight")) {
                throw adapter.wrong(tensor, "is neither a " + A + " nor a " + B + " of a matrix");
            }
        }
        matrices.forEach(this::pair);
    }

    private void require(String key, String expected) {
        String actual = adapter.requiredText(key);
        if (!actual.equals(expected)) {
            throw adapter.wrong(key, "is \"" + actual + "\", but must be \"" + expected + "\"");
        }
    }

    private void pair(String matrix) {
        TensorInfo a = half(matrix, A, B);
        TensorInfo b = half(matrix, B, A);
        TensorInfo base =
                model.find(matrix).orElseThrow(() -> adapter.wrong(a, "changes a matrix that the model does not have"));
        boolean embedding = matrix.endsWith("token_embd.weight");
        // the halves of an embedding are stored the other way round
        fits(a, embedding ? 1 : 0, base, embedding ? 1 : 0);
        fits(b, 1, base, embedding ? 0 : 1);
        long rank = embedding ? a.dimension(0) : a.dimension(1);
        if (rank < 1 || b.dimension(0) != rank) {
            throw adapter.wrong(
                    b,
                    "has rank " + b.dimension(0) + ", but " + a.name() + " has rank " + rank + "; both must be equal");
        }
        for (TensorInfo half : new TensorInfo[] {a, b}) {
            type(half);
            stacks(half, base);
        }
    }

    private TensorInfo half(String matrix, String suffix, String other) {
        return adapter.gguf()
                .tensor(matrix + suffix)
                .orElseThrow(() -> adapter.wrong(
                        adapter.gguf().tensor(matrix + other).orElseThrow(), "lacks its other half, " + suffix));
    }

    private void fits(TensorInfo half, int dimension, TensorInfo base, int baseDimension) {
        long actual = half.dimension(dimension);
        long expected = base.dimension(baseDimension);
        if (actual != expected) {
            throw adapter.wrong(
                    half,
                    "has the shape " + half.shape() + ", which does not fit the " + base.shape() + " of " + base.name()
                            + " in the model");
        }
    }

    private void type(TensorInfo half) {
        if (!half.type().multiplies()) {
            throw adapter.wrong(half, "is of type " + half.type() + ", which llama.cpp can't multiply with");
        }
    }

    /** Matrices of experts are stacked, and so are the halves that change them. */
    private void stacks(TensorInfo half, TensorInfo base) {
        for (int i = 2; i < 4; i++) {
            if (half.dimension(i) != base.dimension(i)) {
                throw adapter.wrong(
                        half,
                        "has the shape " + half.shape() + ", but " + base.name() + " is a stack of "
                                + base.dimension(i));
            }
        }
    }
}
