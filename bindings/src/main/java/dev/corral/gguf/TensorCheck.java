package dev.corral.gguf;

import java.util.Set;

/** A model's tensors, as far as llama.cpp computes with them whatever type they have. */
final class TensorCheck {

    /** What llama.cpp requires of memory that it maps. */
    private static final int MAPPED_ALIGNMENT = 32;

    /** Vectors and small matrices that go into a computation as they are. */
    private static final Set<String> PLAIN = Set.of(
            "ssm_a",
            "ssm_d",
            "ssm_conv1d.weight",
            "ssm_conv1d_q.weight",
            "ssm_conv1d_k.weight",
            "ssm_conv1d_v.weight",
            "rope_freqs.weight",
            "rope_factors_long.weight",
            "rope_factors_short.weight",
            "shortconv.conv.weight");

    /** Tables of ids. */
    private static final Set<String> IDS = Set.of("d2t", "t2d", "ffn_gate_tid2eid.weight");

    private final ModelTensors tensors;
    private final String architecture;

    TensorCheck(ModelTensors tensors, String architecture) {
        this.tensors = tensors;
        this.architecture = architecture;
    }

    void run(long vocabulary) {
        for (Gguf part : tensors.parts()) {
            Inspection file = new Inspection(part);
            for (TensorInfo tensor : part.tensors()) {
                alignment(file, tensor);
                type(file, tensor);
            }
        }
        embedding(vocabulary);
    }

    private static void alignment(Inspection file, TensorInfo tensor) {
        if (tensor.offset() % MAPPED_ALIGNMENT != 0) {
            throw file.wrong(
                    tensor,
                    "has its data at byte " + tensor.offset() + ", but llama.cpp needs a multiple of "
                            + MAPPED_ALIGNMENT);
        }
    }

    private static void type(Inspection file, TensorInfo tensor) {
        String role = role(tensor.name());
        boolean plain = role.endsWith("_norm.weight") || role.endsWith(".bias") || PLAIN.contains(role);
        if (plain && tensor.type() != TensorType.F32) {
            throw file.wrong(tensor, "is of type " + tensor.type() + ", but must be F32");
        }
        if (role.endsWith(".weight") && !IDS.contains(role) && !tensor.type().multiplies()) {
            throw file.wrong(tensor, "is of type " + tensor.type() + ", which llama.cpp can't multiply with");
        }
    }

    /** A name without its layer: "attn_norm.weight" of "blk.3.attn_norm.weight". */
    private static String role(String name) {
        if (!name.startsWith("blk.")) {
            return name;
        }
        int end = name.indexOf('.', 4);
        return end < 0 ? name : name.substring(end + 1);
    }

    private void embedding(long vocabulary) {
        if (architecture.equals("eagle3") || architecture.equals("dflash")) {
            return;
        }
        tensors.find("token_embd.weight").ifPresent(embedding -> {
            if (embedding.dimension(1) != vocabulary) {
                throw new Inspection(tensors.first())
                        .wrong(
                                embedding,
                                "has " + embedding.dimension(1) + " rows for a vocabulary of " + vocabulary
                                        + " tokens");
            }
        });
    }
}
