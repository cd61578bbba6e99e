package dev.corral.server.easylm;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Engine;
import dev.corral.engine.Generate;
import dev.corral.engine.Likelihood;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.server.generation.Questions;
import dev.corral.server.http.Exchange;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Answers {@code /loglikelihood} and {@code /loglikelihood-rolling}. A list is asked for as a whole, so that the engine
 * computes what its items begin with once, and several items in a step.
 */
record Likelihoods(
        Exchange exchange, Engine engine, EasyLmSettings settings, Generate.Schedule schedule, String partition) {

    /** Texts after prefixes; the names of its answer are both, the documented and the real one. */
    record Asked(List<String> prefixes, List<String> texts) {

        Asked {
            prefixes = List.copyOf(prefixes);
            texts = List.copyOf(texts);
        }

        static Asked read(Fields fields) {
            List<String> texts = Lists.required(fields, "text");
            List<String> prefixes =
                    Lists.optional(fields, "prefix_text").orElseGet(() -> Collections.nCopies(texts.size(), ""));
            Lists.requireSameLength("prefix_text", prefixes.size(), texts.size());
            return new Asked(prefixes, texts);
        }
    }

    ObjectNode of(Asked asked) throws InterruptedException {
        EasyLmSettings.Lengths lengths = settings.lengths(engine.model().contextSize());
        TextTokens tokens = new TextTokens(engine, settings.addBosToken());
        List<Query.Score.Item> items = new ArrayList<>(asked.texts().size());
        for (int i = 0; i < asked.texts().size(); i++) {
            String prefix = settings.affixes().prefix(asked.prefixes().get(i));
            String text = settings.affixes().text(asked.texts().get(i));
            items.add(new Query.Score.Item(
                    new Prompt.Ids(tokens.prompt(prefix, lengths.input())),
                    List.of(new Prompt.Ids(tokens.first(text, lengths.output())))));
        }
        List<Likelihood> likelihoods = new ArrayList<>(items.size());
        for (List<Query.Score.Item> batch : batches(items)) {
            Questions.ask(exchange, engine, new Query.Score(batch, schedule, partition), reply -> {
                List<Likelihood> scored =
                        reply.items().stream().map(List::getFirst).toList();
                likelihoods.addAll(scored);
                return tokensOf(scored);
            });
        }
        ObjectNode answer = Json.object();
        asked.prefixes().forEach(answer.putArray("prefix_text")::add);
        asked.texts().forEach(answer.putArray("text")::add);
        return add(answer, likelihoods);
    }

    ObjectNode rolling(List<String> texts) throws InterruptedException {
        int window = settings.lengths(engine.model().contextSize()).sequence();
        List<Prompt> prompts = texts.stream()
                .<Prompt>map(text -> new Prompt.Text(settings.affixes().text(text), false, true))
                .toList();
        List<Likelihood> likelihoods = new ArrayList<>(texts.size());
        for (List<Prompt> batch : batches(prompts)) {
            Questions.ask(exchange, engine, new Query.ScoreRolling(batch, window, schedule, partition), reply -> {
                likelihoods.addAll(reply.texts());
                return tokensOf(reply.texts());
            });
        }
        ObjectNode answer = Json.object();
        texts.forEach(answer.putArray("text")::add);
        return add(answer, likelihoods);
    }

    private <T> List<List<T>> batches(List<T> items) {
        int size = settings.batchSize() == 0 ? Math.max(1, items.size()) : settings.batchSize();
        List<List<T>> batches = new ArrayList<>();
        for (int from = 0; from < items.size(); from += size) {
            batches.add(items.subList(from, Math.min(items.size(), from + size)));
        }
        return batches;
    }

    private static int tokensOf(List<Likelihood> likelihoods) {
        return likelihoods.stream().mapToInt(each -> each.tokens().size()).sum();
    }

    private static ObjectNode add(ObjectNode answer, List<Likelihood> likelihoods) {
        ArrayNode numbers = answer.putArray("log_likelihood");
        ArrayNode greedy = answer.putArray("is_greedy");
        for (Likelihood likelihood : likelihoods) {
            // JSON has no infinity
            numbers.add(Math.max(likelihood.logLikelihood(), -Float.MAX_VALUE));
            greedy.add(likelihood.greedy());
        }
        answer.set("loglikelihood", numbers.deepCopy());
        return answer;
    }
}
