package dev.corral.engine.local.embedding;

import dev.corral.engine.local.text.UnbrokenRuns;
import dev.corral.llama.Vocabulary;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A query and a document as a reranker reads them: by the model's own template for it, otherwise as
 * {@code BOS query EOS SEP document EOS}, with those of the marks that the model wants. Thread-safe; runs on a text
 * thread.
 */
final class RerankPrompt {

    private static final String TEMPLATE = "tokenizer.chat_template.rerank";
    private static final String QUERY = "{query}";
    private static final String DOCUMENT = "{document}";

    private final Vocabulary vocabulary;
    private final @Nullable String template;

    /** @param metadata the model's */
    RerankPrompt(Vocabulary vocabulary, Map<String, String> metadata) {
        this.vocabulary = vocabulary;
        this.template = metadata.get(TEMPLATE);
    }

    int[] tokens(String query, String document) {
        return template == null ? marked(query, document) : templated(template, query, document);
    }

    /** What stands in query and document is text, even where it looks like a placeholder. */
    private int[] templated(String pattern, String query, String document) {
        StringBuilder text = new StringBuilder();
        int at = 0;
        while (at < pattern.length()) {
            if (pattern.startsWith(QUERY, at)) {
                text.append(query);
                at += QUERY.length();
            } else if (pattern.startsWith(DOCUMENT, at)) {
                text.append(document);
                at += DOCUMENT.length();
            } else {
                text.append(pattern.charAt(at++));
            }
        }
        UnbrokenRuns.check("documents", text.toString(), vocabulary);
        return vocabulary.tokenize(text.toString(), false, true);
    }

    private int[] marked(String query, String document) {
        IntStream.Builder tokens = IntStream.builder();
        OptionalInt end = vocabulary.eos().isPresent() ? vocabulary.eos() : vocabulary.sep();
        if (vocabulary.addsBos()) {
            vocabulary.bos().ifPresent(tokens::add);
        }
        add(tokens, query);
        if (vocabulary.addsEos()) {
            end.ifPresent(tokens::add);
        }
        if (vocabulary.addsSep()) {
            vocabulary.sep().ifPresent(tokens::add);
        }
        add(tokens, document);
        if (vocabulary.addsEos()) {
            end.ifPresent(tokens::add);
        }
        return tokens.build().toArray();
    }

    private void add(IntStream.Builder tokens, String text) {
        UnbrokenRuns.check("documents", text, vocabulary);
        IntStream.of(vocabulary.tokenize(text, false, false)).forEach(tokens);
    }
}
