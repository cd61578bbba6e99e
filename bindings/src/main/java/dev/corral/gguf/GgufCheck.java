package dev.corral.gguf;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Says whether llama.cpp can load a file without ending the process. It is strict only where llama.cpp can't cope, or
 * refuses with less to say; what passes may still be refused by llama.cpp, as an error.
 *
 * <p>Pure functions of the files' headers: no tensor data is read. Any thread may call them.
 */
public final class GgufCheck {

    private static final String TYPE = "general.type";

    private GgufCheck() {}

    /**
     * Checks a language model, or one that makes embeddings.
     *
     * @param file the model, or the first of the files that it is split into
     * @return its files, the first first
     * @throws GgufException when it can't be loaded
     */
    public static List<Gguf> model(Path file) {
        Gguf first = Gguf.read(file);
        Inspection inspection = new Inspection(first);
        Optional<String> type = inspection.text(TYPE);
        String architecture = inspection.requiredText("general.architecture");
        if (type.isPresent() && type.get().equals("adapter")) {
            throw inspection.wrong(TYPE, "is \"adapter\": this is a LoRA adapter, which belongs to a model");
        }
        if (architecture.equals("clip")) {
            throw inspection.wrong(
                    "general.architecture", "is \"clip\": this is a multimodal projector, which belongs to a model");
        }
        ModelTensors tensors = new ModelTensors(SplitFiles.of(first));
        new HyperParameterCheck(inspection, architecture).run();
        long vocabulary = new VocabularyCheck(inspection).run();
        new TensorCheck(tensors, architecture).run(vocabulary);
        return tensors.parts();
    }

    /**
     * Checks a LoRA adapter for a model.
     *
     * @param model what {@link #model} returned
     * @return the adapter
     * @throws GgufException when it can't be loaded, or does not fit the model
     */
    public static Gguf adapter(Path file, List<Gguf> model) {
        Gguf adapter = Gguf.read(file);
        new AdapterCheck(new Inspection(adapter), new ModelTensors(model)).run();
        return adapter;
    }

    /**
     * Checks a multimodal projector: what lets a model see or hear.
     *
     * @return the projector
     * @throws GgufException when it can't be loaded
     */
    public static Gguf projector(Path file) {
        Gguf projector = Gguf.read(file);
        new ProjectorCheck(new Inspection(projector)).run();
        return projector;
    }
}
