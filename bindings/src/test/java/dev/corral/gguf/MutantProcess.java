package dev.corral.gguf;

import dev.corral.llama.Adapter;
import dev.corral.llama.Batch;
import dev.corral.llama.CacheType;
import dev.corral.llama.ChatTemplate;
import dev.corral.llama.Context;
import dev.corral.llama.ContextOptions;
import dev.corral.llama.FlashAttention;
import dev.corral.llama.LlamaException;
import dev.corral.llama.Model;
import dev.corral.llama.ModelOptions;
import dev.corral.llama.NativeLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A process that may die: it makes mutants of a file, and those that the check lets pass it gives to llama.cpp, as an
 * engine would. It says on standard output what it is about to do, and then how it went.
 */
final class MutantProcess {

    /** What its own lines begin with; a JVM that dies writes there too. */
    static final String MARK = "mutant ";

    static final String REFUSED = "refused";
    static final String TRYING = "trying";
    static final String RAN = "ran";
    static final String REFUSED_NATIVELY = "refused natively";

    private static final int CONTEXT = 128;
    private static final String PROMPT = "Once upon a time, the reef";

    private MutantProcess() {}

    /** Arguments: a file, the model that it adapts or nothing, the first seed, how many, and whether to check. */
    public static void main(String[] args) throws IOException {
        NativeLog.route(NativeLog.Level.ERROR, line -> {});
        Path file = Path.of(args[0]);
        @Nullable Path base = args[1].isEmpty() ? null : Path.of(args[1]);
        long first = Long.parseLong(args[2]);
        long count = Long.parseLong(args[3]);
        boolean checked = Boolean.parseBoolean(args[4]);
        Gguf original = Gguf.read(file);
        byte[] bytes = Files.readAllBytes(file);
        Path path = Files.createTempFile(file.toAbsolutePath().getParent(), "mutant", ".gguf");
        for (long seed = first; seed < first + count; seed++) {
            // anew each time: the mutant before may still be mapped
            Files.delete(path);
            Files.write(path, Mutant.of(original, bytes, seed).bytes());
            if (checked) {
                try {
                    check(path, base);
                } catch (GgufException e) {
                    say(seed, REFUSED + " " + e.getMessage().replace('\n', ' '));
                    continue;
                }
            }
            say(seed, TRYING);
            say(seed, attempt(seed, path, base));
        }
        Files.delete(path);
    }

    private static void check(Path path, @Nullable Path base) {
        if (base == null) {
            GgufCheck.model(path);
        } else {
            GgufCheck.adapter(path, GgufCheck.model(base));
        }
    }

    private static String attempt(long seed, Path path, @Nullable Path base) {
        try (Model model =
                Model.open(base == null ? path : base, ModelOptions.builder().build())) {
            if (base == null) {
                run(model, seed, context -> {});
            } else {
                try (Adapter adapter = model.loadAdapter(path)) {
                    run(model, seed, context -> context.setAdapters(List.of(adapter), new float[] {1}));
                }
            }
            return RAN;
        } catch (LlamaException | IllegalArgumentException e) {
            return REFUSED_NATIVELY + " " + String.valueOf(e.getMessage()).replace('\n', ' ');
        }
    }

    private static void run(Model model, long seed, Consumer<Context> change) {
        ContextOptions.Builder options = ContextOptions.builder()
                .contextSize(CONTEXT)
                .batchSize(CONTEXT)
                .microBatchSize(CONTEXT)
                .maxSequences(1 + (int) (seed % 2))
                .threads(1)
                .embeddings(!model.hasDecoder());
        if (seed % 2 == 0) {
            options.flashAttention(FlashAttention.OFF).keyType(CacheType.F32).valueType(CacheType.F32);
        }
        int[] prompt = model.vocabulary().tokenize(PROMPT, true, true);
        model.vocabulary().detokenize(prompt, true, true);
        try (ChatTemplate template = model.chatTemplate(Optional.empty());
                Context context = model.newContext(options.build());
                Batch batch = new Batch(CONTEXT)) {
            template.describe();
            change.accept(context);
            int length = Math.min(prompt.length, CONTEXT - 4);
            for (int i = 0; i < length; i++) {
                batch.add(prompt[i], i, 0, !model.hasDecoder() || i == length - 1);
            }
            if (!model.hasDecoder()) {
                context.encode(batch);
                return;
            }
            context.decode(batch);
            for (int i = 0; i < 2; i++) {
                batch.clear();
                batch.add(prompt[0], length + i, 0, true);
                context.decode(batch);
            }
        }
    }

    private static void say(long seed, String what) {
        System.out.println(MARK + seed + " " + what);
        System.out.flush();
    }
}
