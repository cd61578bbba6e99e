package dev.corral.server.easylm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Query;
import dev.corral.engine.local.DirectScores;
import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import dev.corral.server.http.HttpSettings;
import dev.corral.server.http.Json;
import dev.corral.server.petals.PetalsSettings;
import dev.corral.testing.TinyModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Log-likelihoods over HTTP against those from the model's logits, each text by itself. */
class EasyLmScoresTest {

    private static final double CLOSE = 1e-4;
    private static final int INPUT = 24;
    private static final int SEQUENCE = 40;
    private static final List<String> WORDS =
            List.of("the", " cat", " sat", " on", " the", " mat", " and", " the", " dog", " ran", " to", " house");

    @TempDir
    private Path folder;

    private Path model = Path.of("");
    private DirectScores direct;
    private LocalEngine engine;
    private RunningServer running;

    @BeforeEach
    void start() throws Exception {
        model = TinyModels.llama(folder);
        direct = new DirectScores(model);
        engine = open();
        running = RunningServer.of(
                engine,
                HttpSettings.loopback(0),
                PetalsSettings.STANDARD,
                EasyLmSettings.STANDARD.withLengths(INPUT, SEQUENCE));
    }

    private LocalEngine open() {
        return LocalEngine.open(
                LocalEngineOptions.builder(model)
                        .contextSize(2048)
                        .slots(4)
                        .threads(1)
                        .flashAttention("off")
                        .keyType("f32")
                        .valueType("f32")
                        .build(),
                _ -> {});
    }

    @AfterEach
    void stop() throws Exception {
        engine.checkInvariants();
        running.close();
        direct.close();
    }

    private static String text(int words, int seed) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < words; i++) {
            text.append(WORDS.get((i * 5 + seed * 7 + i * i) % WORDS.size()));
        }
        return text.toString();
    }

    private int[] tokens(String text, boolean parse) throws Exception {
        return engine.ask(new Query.Tokenize(text, false, parse, false))
                .tokens()
                .toArray();
    }

    private int bos() throws Exception {
        return tokens(engine.model().vocabulary().bos(), true)[0];
    }

    private static int[] join(int[] left, int[] right) {
        return IntStream.concat(Arrays.stream(left), Arrays.stream(right)).toArray();
    }

    private record Expected(double sum, boolean greedy) {}

    /** What follows the first {@code given} tokens. */
    private Expected expected(int[] all, int given) {
        double sum = 0;
        boolean greedy = true;
        double[][] rows = direct.after(all);
        for (int i = given; i < all.length; i++) {
            double[] row = rows[i - 1];
            sum += row[all[i]];
            greedy &= row[all[i]] >= Arrays.stream(row).max().orElseThrow();
        }
        return new Expected(sum, greedy);
    }

    private Expected expected(String prefix, String text) throws Exception {
        int[] before = tokens(prefix, true);
        int[] after = tokens(text, true);
        int[] context =
                join(new int[] {bos()}, Arrays.copyOfRange(before, Math.max(0, before.length - INPUT), before.length));
        int[] scored = Arrays.copyOf(after, Math.min(after.length, SEQUENCE - INPUT));
        return expected(join(context, scored), context.length);
    }

    private static ObjectNode body(List<String> prefixes, List<String> texts) {
        ObjectNode body = Json.object();
        if (!prefixes.isEmpty()) {
            ArrayNode list = body.putArray("prefix_text");
            prefixes.forEach(list::add);
        }
        ArrayNode list = body.putArray("text");
        texts.forEach(list::add);
        return body;
    }

    private JsonNode post(String path, ObjectNode body) throws Exception {
        TestClient.Answer answer = running.client().post(path, body.toString());
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json();
    }

    private static void compare(JsonNode answer, List<Expected> expected) {
        assertThat(answer.path("log_likelihood")).hasSize(expected.size());
        assertThat(answer.path("loglikelihood")).isEqualTo(answer.path("log_likelihood"));
        for (int i = 0; i < expected.size(); i++) {
            assertThat(answer.path("log_likelihood").get(i).doubleValue())
                    .as("item %s", i)
                    .isCloseTo(expected.get(i).sum(), within(CLOSE));
            assertThat(answer.path("is_greedy").get(i).booleanValue())
                    .as("item %s", i)
                    .isEqualTo(expected.get(i).greedy());
        }
    }

    @Test
    void listsOfPrefixesAndTexts() throws Exception {
        List<String> prefixes = List.of(text(5, 1), "", text(5, 1), text(60, 2), text(3, 3), "");
        List<String> texts = List.of(" mat", text(4, 5), " dog", text(3, 6), text(80, 7), "");
        List<Expected> expected = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            expected.add(expected(prefixes.get(i), texts.get(i)));
        }
        JsonNode answer = post("/loglikelihood", body(prefixes, texts));
        compare(answer, expected);
        assertThat(answer.path("prefix_text").get(3).textValue()).isEqualTo(prefixes.get(3));
        assertThat(answer.path("text").get(4).textValue()).isEqualTo(texts.get(4));
        assertThat(answer.path("log_likelihood").get(5).doubleValue()).isZero();
        assertThat(answer.path("is_greedy").get(5).booleanValue()).isTrue();
    }

    @Test
    void withoutPrefixes() throws Exception {
        List<String> texts = List.of(text(6, 1), text(1, 2));
        JsonNode answer = post("/loglikelihood", body(List.of(), texts));
        compare(answer, List.of(expected("", texts.get(0)), expected("", texts.get(1))));
        assertThat(answer.path("prefix_text").get(1).textValue()).isEmpty();
    }

    @Test
    void hundredsOfItemsShareTheirPrefixes() throws Exception {
        List<String> prefixes = new ArrayList<>();
        List<String> texts = new ArrayList<>();
        long alone = 0;
        for (int question = 0; question < 60; question++) {
            for (String choice : List.of(" cat", " dog", " mat", " house", " ran")) {
                prefixes.add(text(18, 1) + text(3, question));
                texts.add(choice);
                alone += 1 + tokens(prefixes.getLast(), true).length + tokens(choice, true).length - 1;
            }
        }
        long before = engine.stats().promptTokensEvaluated();
        JsonNode answer = post("/loglikelihood", body(prefixes, texts));
        engine.checkInvariants();
        assertThat(engine.stats().promptTokensEvaluated() - before).isLessThan(alone / 5);
        List<Expected> some = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            some.add(expected(prefixes.get(i), texts.get(i)));
        }
        compare(answer, some);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/loglikelihood-rolling", "/serve_loglikelihood_rolling"})
    void textsOfAnyLengthInWindows(String path) throws Exception {
        List<String> texts = List.of(text(3, 1), text(45, 2), text(130, 3), "");
        List<Expected> expected = new ArrayList<>();
        for (String text : texts) {
            expected.add(rolling(join(new int[] {bos()}, tokens(text, true))));
        }
        compare(post(path, body(List.of(), texts)), expected);
    }

    /** Disjoint windows of so many inputs; the last one is moved back to be full. */
    private Expected rolling(int[] all) {
        double sum = 0;
        boolean greedy = true;
        for (int done = 1; done < all.length; ) {
            int end = Math.min(all.length, done + SEQUENCE);
            int start = Math.max(0, end - SEQUENCE - 1);
            Expected window = expected(Arrays.copyOfRange(all, start, end), done - start);
            sum += window.sum();
            greedy &= window.greedy();
            done = end;
        }
        return new Expected(sum, greedy);
    }

    private void restart(boolean bos, TextAffixes affixes) throws Exception {
        engine.checkInvariants();
        running.close();
        EasyLmSettings standard = EasyLmSettings.STANDARD;
        engine = open();
        running = RunningServer.of(
                engine,
                HttpSettings.loopback(0),
                PetalsSettings.STANDARD,
                new EasyLmSettings(
                        3, // items of a list at once
                        false,
                        Set.of(),
                        standard.greedyUntilMaxLength(),
                        INPUT,
                        SEQUENCE,
                        bos,
                        standard.decoding(),
                        affixes,
                        standard.chat(),
                        ""));
    }

    @Test
    void withoutABosTokenAPrefixIsAllThereIs() throws Exception {
        restart(false, TextAffixes.NONE);
        List<String> prefixes = List.of(text(5, 1), text(60, 2), "", text(2, 4));
        List<String> texts = List.of(text(3, 2), text(4, 3), text(2, 5), "");
        List<Expected> expected = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            int[] before = tokens(prefixes.get(i), true);
            // something has to stand before the first token
            int[] context = before.length == 0
                    ? new int[] {bos()}
                    : Arrays.copyOfRange(before, Math.max(0, before.length - INPUT), before.length);
            expected.add(expected(join(context, tokens(texts.get(i), true)), context.length));
        }
        compare(post("/loglikelihood", body(prefixes, texts)), expected);
        int[] rolled = join(new int[] {bos()}, tokens(texts.get(1), true));
        compare(post("/loglikelihood-rolling", body(List.of(), List.of(texts.get(1)))), List.of(rolling(rolled)));
    }

    @Test
    void whatIsPutAroundTextsIsScored() throws Exception {
        restart(true, new TextAffixes("the", " sat", " on", " ran"));
        List<String> prefixes = List.of(" cat", "");
        List<String> texts = List.of(" mat", " dog");
        JsonNode answer = post("/loglikelihood", body(prefixes, texts));
        compare(answer, List.of(expected("the cat sat", " on mat ran"), expected("the sat", " on dog ran")));
        assertThat(answer.path("prefix_text").get(0).textValue()).isEqualTo(" cat");
        assertThat(answer.path("text").get(0).textValue()).isEqualTo(" mat");
        compare(
                post("/loglikelihood-rolling", body(List.of(), List.of(" mat"))),
                List.of(rolling(join(new int[] {bos()}, tokens(" on mat ran", true)))));
    }

    @Test
    void whatIsGreedyIsSaidToBe() throws Exception {
        ObjectNode prefixes = Json.object();
        prefixes.putArray("prefix_text").add(text(6, 4));
        prefixes.putArray("until").add("never said");
        prefixes.put("max_length", 1);
        String greedy =
                post("/greedy-until", prefixes).path("output_text").get(0).textValue();
        JsonNode answer = post("/loglikelihood", body(List.of(text(6, 4)), List.of(greedy)));
        compare(answer, List.of(expected(text(6, 4), greedy)));
    }
}
