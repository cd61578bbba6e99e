package dev.corral.engine.local;

import dev.corral.engine.Capability;
import dev.corral.engine.ModelInfo;
import dev.corral.engine.ModelInfo.InfillTokens;
import dev.corral.engine.ModelInfo.VocabularyInfo;
import dev.corral.engine.local.chat.ChatTemplates;
import dev.corral.engine.local.embedding.EmbeddingTraits;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.llama.Context;
import dev.corral.llama.Model;
import dev.corral.llama.NativeLibrary;
import dev.corral.llama.Vocabulary;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import java.util.Set;

/** What clients are told of a model. */
final class Description {

    private Description() {}

    static ModelInfo of(
            LocalEngineOptions options,
            Model model,
            Context context,
            Set<Capability> capabilities,
            EmbeddingTraits embedding,
            ChatTemplates templates) {
        Vocabulary vocabulary = model.vocabulary();
        return new ModelInfo(
                capabilities,
                options.name(),
                options.model().toString(),
                model.description(),
                model.parameterCount(),
                model.sizeBytes(),
                model.fileType(),
                new VocabularyInfo(
                        vocabulary.type().ordinal(),
                        vocabulary.size(),
                        text(vocabulary, vocabulary.bos()),
                        text(vocabulary, vocabulary.eos()),
                        infillTokens(vocabulary)),
                model.outputEmbeddingSize(),
                new ModelInfo.Embedding(embedding.pooling(), embedding.limit()),
                model.trainedContext(),
                embedding.generates() ? context.sequenceContextSize() : embedding.limit(),
                options.slots(),
                templates.source(),
                templates.capabilities(),
                model.metadata(),
                NativeLibrary.load().version());
    }

    private static InfillTokens infillTokens(Vocabulary vocabulary) {
        return new InfillTokens(
                vocabulary.addsBos() ? vocabulary.bos() : OptionalInt.empty(),
                vocabulary.fimPrefix(),
                vocabulary.fimSuffix(),
                vocabulary.fimMiddle(),
                vocabulary.fimRepository(),
                vocabulary.fimSeparator());
    }

    private static String text(Vocabulary vocabulary, OptionalInt token) {
        return token.isPresent() ? new String(vocabulary.piece(token.getAsInt(), true), StandardCharsets.UTF_8) : "";
    }
}
